// A device by OpenSSL that is dialled: TLS, both first frames, one stream that it echoes in small records.
// node foreign-door.js INFO SUITE GROUP CIPHER; prints its port, and one line of JSON when a link has ended.
const tls = require('tls'), fs = require('fs'), crypto = require('crypto');
const { FRAME, frame, credentials, signedText, hello } = require('./foreign-common.js');
const [infoFile, suite, group, cipher] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));
const TEXT_BYTES = 35, SMALL_RECORD_BYTES = 700;

const server = tls.createServer({
  ecdhCurve: group, ciphers: cipher, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false,
  ALPNProtocols: ['coterie/2'],
  ...credentials(info, suite),
});
server.on('tlsClientError', (e) => console.log(JSON.stringify({ error: e.code || e.message })));
server.on('secureConnection', (socket) => {
  const result = { openssl: process.versions.openssl, protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName, certificate: socket.getPeerCertificate().raw.length > 0, echoed: 0 };
  socket.setMaxSendFragment(SMALL_RECORD_BYTES);
  let got = Buffer.alloc(0);

  function answer(payload) {
    const text = Buffer.from(payload.subarray(0, TEXT_BYTES));
    const theirs = { key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(info.peerEd25519, 'hex')]), format: 'der', type: 'spki' };
    result.signature = crypto.verify(null, signedText(suite, true, socket, info.server, info.client, text),
      crypto.createPublicKey(theirs), payload.subarray(TEXT_BYTES));
    text[1] = 1; // an answer
    socket.write(hello(info, suite, false, socket, text));
  }

  socket.on('data', (data) => {
    got = Buffer.concat([got, data]);
    while (got.length >= 12 && got.length >= 12 + got.readUInt16BE(2)) {
      const type = got[0], stream = got.readInt32BE(4), payload = got.subarray(12, 12 + got.readUInt16BE(2));
      if (type === FRAME.HELLO) answer(payload);
      if (type === FRAME.OPEN) socket.write(frame(FRAME.OPENED, stream, Buffer.alloc(0)));
      if (type === FRAME.DATA) { socket.write(frame(FRAME.DATA, stream, payload)); result.echoed += payload.length; }
      if (type === FRAME.FIN) socket.write(frame(FRAME.FIN, stream, Buffer.alloc(0)));
      got = got.subarray(12 + got.readUInt16BE(2));
    }
  });
  socket.on('error', (e) => { result.error = e.code || e.message; });
  socket.on('close', () => { console.log(JSON.stringify(result)); process.exit(0); });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
setTimeout(() => process.exit(1), 30000);
