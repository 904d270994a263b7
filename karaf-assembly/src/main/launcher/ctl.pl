#!/usr/bin/perl
# Client of a device's control socket (docs/formats/control.md).
# usage: ctl.pl SOCKET DEADLINE_MS DEBUG run WORD...  |  ctl.pl SOCKET 0 0 console TERM ROWS COLUMNS
use strict;
use warnings;
use IO::Socket::UNIX;
use Cwd ();
my ($path, $deadline, $debug, $mode, @words) = @ARGV;
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $path) or exit 125;
binmode $_ for $s, *STDIN, *STDOUT, *STDERR;
$SIG{PIPE} = 'IGNORE';
sub put {
    my ($type, $data) = @_;
    my $bytes = $type . pack('N', length $data) . $data;
    my $at = 0;
    while ($at < length $bytes) {
        my $n = syswrite($s, $bytes, length($bytes) - $at, $at);
        exit 1 unless defined $n;
        $at += $n;
    }
}
sub out {
    my ($fh, $data) = @_;
    my $at = 0;
    while ($at < length $data) {
        my $n = syswrite($fh, $data, length($data) - $at, $at);
        exit 1 unless defined $n;
        $at += $n;
    }
}
my $hidden = 0;
sub show {
    return unless $hidden;
    system('stty', 'echo');
    $hidden = 0;
}
sub hide {
    return unless -t STDIN;
    $hidden = 1;
    system('stty', '-echo');
}
$SIG{$_} = sub { show(); exit 130 } for qw(INT TERM HUP QUIT);
END { my $code = $?; show(); $? = $code }
my $want = 0;
if ($mode eq 'console') {
    put('C', join(' ', @words));
    $want = 1;
    $SIG{WINCH} = sub {
        my $size = `stty size 2>/dev/null </dev/tty`;
        put('w', $1) if $size =~ /^(\d+ \d+)/;
    };
} else {
    put('A', $_) for @words;
    put('W', Cwd::getcwd());
    put('T', $deadline) if $deadline > 0;
    put('D', '') if $debug;
    put('R', '');
}
my $in = '';
while (1) {
    my $bits = '';
    vec($bits, fileno($s), 1) = 1;
    vec($bits, fileno(STDIN), 1) = 1 if $want;
    my $n = select($bits, undef, undef, undef);
    next if $n <= 0;
    if (vec($bits, fileno($s), 1)) {
        my $got = sysread($s, $in, 65536, length $in);
        if (!$got) {
            print STDERR "error COT-0113: the device ended the connection\ntry: coterie device list\n" if $mode eq 'run';
            exit 1;
        }
        while (length $in >= 5) {
            my ($type, $len) = unpack('aN', $in);
            last if length $in < 5 + $len;
            my $data = substr($in, 5, $len);
            substr($in, 0, 5 + $len, '');
            if ($type eq '1') { out(*STDOUT, $data) }
            elsif ($type eq '2') { out(*STDERR, $data) }
            elsif ($type eq 'r') { $want = 1; hide() if $data eq 'h' }
            elsif ($type eq 'x') { exit unpack('N', $data) }
        }
    }
    if ($want && vec($bits, fileno(STDIN), 1)) {
        my $data;
        my $got = sysread(STDIN, $data, 32768);
        show();
        if ($got) { put('i', $data); $want = 0 if $mode eq 'run' }
        else { put('e', ''); $want = 0 }
    }
}
