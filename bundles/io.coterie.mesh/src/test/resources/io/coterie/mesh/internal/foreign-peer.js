// A link by OpenSSL: TLS, the first frame with its signature, one stream that is echoed. One case a process.
// node foreign-peer.js INFO SUITE GROUP CIPHER VERSION CERTIFICATE(yes|no); prints one line of JSON.
const tls = require('tls'), fs = require('fs');
const { FRAME, frame, credentials, hello } = require('./foreign-common.js');
const [infoFile, suite, group, cipher, version, withCertificate] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));
const BYTES = 200000;

function end(result) {
  console.log(JSON.stringify(result));
  process.exit(0);
}

const socket = tls.connect({
  host: '127.0.0.1', port: info.port, ecdhCurve: group, ciphers: cipher, minVersion: version, maxVersion: version,
  rejectUnauthorized: false, ALPNProtocols: ['coterie/2'],
  ...(withCertificate === 'yes' ? credentials(info, suite) : {}),
});
const result = { openssl: process.versions.openssl };
let got = Buffer.alloc(0);

socket.on('secureConnect', () => {
  result.protocol = socket.getProtocol();
  result.cipher = socket.getCipher().standardName;
  result.group = socket.getEphemeralKeyInfo().name;
  const text = Buffer.concat([Buffer.from([3, 0, 1]), Buffer.alloc(16, 7), Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]),
    Buffer.alloc(8)]);
  socket.write(hello(info, suite, true, socket, text));
  socket.write(frame(FRAME.OPEN, 1, Buffer.from('echo')));
  for (let left = BYTES; left > 0; left -= 16000) {
    socket.write(frame(FRAME.DATA, 1, Buffer.alloc(Math.min(16000, left), 5)));
  }
  socket.write(frame(FRAME.FIN, 1, Buffer.alloc(0)));
});
socket.on('data', (data) => {
  got = Buffer.concat([got, data]);
  let echoed = 0, finished = false;
  for (let at = 0; at + 12 <= got.length; at += 12 + got.readUInt16BE(at + 2)) {
    echoed += got[at] === FRAME.DATA ? got.readUInt16BE(at + 2) : 0;
    finished = finished || got[at] === FRAME.FIN;
  }
  if (finished) {
    socket.on('end', () => end({ ...result, echoed }));
    socket.end();
    setTimeout(() => end({ ...result, echoed, close: 'late' }), 3000);
  }
});
socket.on('error', (e) => end({ ...result, error: e.code || e.message }));
socket.on('close', () => end({ ...result, error: 'closed' }));
setTimeout(() => end({ ...result, error: 'timeout' }), 15000);
