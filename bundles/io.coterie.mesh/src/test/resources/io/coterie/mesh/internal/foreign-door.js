// A device by OpenSSL that is dialled: TLS, both first frames, one stream that it echoes in small records.
// node foreign-door.js INFO SUITE GROUP CIPHER; prints its port, and one line of JSON when a link has ended.
const tls = require('tls'), fs = require('fs'), crypto = require('crypto');
const [infoFile, suite, group, cipher] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));
const HELLO = 1, OPEN = 2, OPENED = 3, DATA = 4, FIN = 6;
const TEXT_BYTES = 35, SMALL_RECORD_BYTES = 700;

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, body.length]), body]);
}
function privateKey(algorithm, keyPart) {
  return der(0x30, Buffer.from([2, 1, 0]), der(0x30, Buffer.from(algorithm, 'hex')), der(4, keyPart));
}
function pem(label, bytes) {
  return `-----BEGIN ${label}-----\n${bytes.toString('base64').match(/.{1,64}/g).join('\n')}\n-----END ${label}-----\n`;
}
function field(bytes) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(bytes));
  return Buffer.concat([length, Buffer.from(bytes)]);
}
function frame(type, stream, payload) {
  const head = Buffer.alloc(12);
  head[0] = type;
  head.writeUInt16BE(payload.length, 2);
  head.writeInt32BE(stream, 4);
  return Buffer.concat([head, payload]);
}
// What the second signature of a handshake covers.
function signedText(dialler, exporter, signer, other, text) {
  return Buffer.concat([field('coterie-link-auth-v2'), field(suite), Buffer.from([dialler]), exporter,
    Buffer.from(signer, 'hex'), Buffer.from(other, 'hex'), field(text)]);
}

const mlDsa = { standard: '0609608648016503040312', max: '0609608648016503040313' }[suite];
const server = tls.createServer({
  ecdhCurve: group, ciphers: cipher, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false,
  ALPNProtocols: ['coterie/2'],
  cert: pem('CERTIFICATE', Buffer.from(info.certificate, 'base64')),
  key: pem('PRIVATE KEY', privateKey(mlDsa, der(0x80, Buffer.from(info.signatureSeed, 'hex')))),
});
server.on('tlsClientError', (e) => console.log(JSON.stringify({ error: e.code || e.message })));
server.on('secureConnection', (socket) => {
  const result = { openssl: process.versions.openssl, protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName, certificate: socket.getPeerCertificate().raw.length > 0, echoed: 0 };
  const exporter = socket.exportKeyingMaterial(32, 'EXPORTER-coterie-link-v2');
  socket.setMaxSendFragment(SMALL_RECORD_BYTES);
  let got = Buffer.alloc(0);

  function answer(payload) {
    const text = Buffer.from(payload.subarray(0, TEXT_BYTES));
    const theirs = { key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(info.peerEd25519, 'hex')]), format: 'der', type: 'spki' };
    result.signature = crypto.verify(null, signedText(1, exporter, info.server, info.client, text),
      crypto.createPublicKey(theirs), payload.subarray(TEXT_BYTES));
    text[1] = 1; // an answer
    const ed25519 = crypto.createPrivateKey({
      key: privateKey('06032b6570', der(4, Buffer.from(info.ed25519Seed, 'hex'))), format: 'der', type: 'pkcs8' });
    const signed = signedText(0, exporter, info.client, info.server, text);
    socket.write(frame(HELLO, 0, Buffer.concat([text, crypto.sign(null, signed, ed25519)])));
  }

  socket.on('data', (data) => {
    got = Buffer.concat([got, data]);
    while (got.length >= 12 && got.length >= 12 + got.readUInt16BE(2)) {
      const type = got[0], stream = got.readInt32BE(4), payload = got.subarray(12, 12 + got.readUInt16BE(2));
      if (type === HELLO) answer(payload);
      if (type === OPEN) socket.write(frame(OPENED, stream, Buffer.alloc(0)));
      if (type === DATA) { socket.write(frame(DATA, stream, payload)); result.echoed += payload.length; }
      if (type === FIN) socket.write(frame(FIN, stream, Buffer.alloc(0)));
      got = got.subarray(12 + got.readUInt16BE(2));
    }
  });
  socket.on('error', (e) => { result.error = e.code || e.message; });
  socket.on('close', () => { console.log(JSON.stringify(result)); process.exit(0); });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
setTimeout(() => process.exit(1), 30000);
