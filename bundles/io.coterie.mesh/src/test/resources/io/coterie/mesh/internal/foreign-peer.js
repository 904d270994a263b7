// A link by OpenSSL: TLS, the first frame with its signature, one stream that is echoed. One case a process.
// node foreign-peer.js INFO SUITE GROUP CIPHER VERSION CERTIFICATE(yes|no); prints one line of JSON.
const tls = require('tls'), fs = require('fs'), crypto = require('crypto');
const [infoFile, suite, group, cipher, version, withCertificate] = process.argv.slice(2);
const info = JSON.parse(fs.readFileSync(infoFile));
const BYTES = 200000;

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
function end(result) {
  console.log(JSON.stringify(result));
  process.exit(0);
}

const mlDsa = { standard: '0609608648016503040312', max: '0609608648016503040313' }[suite];
const seed = Buffer.from(info.signatureSeed, 'hex');
const socket = tls.connect({
  host: '127.0.0.1', port: info.port, ecdhCurve: group, ciphers: cipher, minVersion: version, maxVersion: version,
  rejectUnauthorized: false, ALPNProtocols: ['coterie/2'],
  cert: withCertificate === 'yes' ? pem('CERTIFICATE', Buffer.from(info.certificate, 'base64')) : undefined,
  key: withCertificate === 'yes' ? pem('PRIVATE KEY', privateKey(mlDsa, der(0x80, seed))) : undefined,
});
const result = { openssl: process.versions.openssl };
let got = Buffer.alloc(0);

socket.on('secureConnect', () => {
  result.protocol = socket.getProtocol();
  result.cipher = socket.getCipher().standardName;
  result.group = socket.getEphemeralKeyInfo().name;
  const exporter = socket.exportKeyingMaterial(32, 'EXPORTER-coterie-link-v2');
  const text = Buffer.concat([Buffer.from([3, 0, 1]), Buffer.alloc(16, 7), Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]),
    Buffer.alloc(8)]);
  const signed = Buffer.concat([field('coterie-link-auth-v2'), field(suite), Buffer.from([1]), exporter,
    Buffer.from(info.client, 'hex'), Buffer.from(info.server, 'hex'), field(text)]);
  const ed25519 = crypto.createPrivateKey({
    key: privateKey('06032b6570', der(4, Buffer.from(info.ed25519Seed, 'hex'))), format: 'der', type: 'pkcs8' });
  socket.write(frame(1, 0, Buffer.concat([text, crypto.sign(null, signed, ed25519)])));
  socket.write(frame(2, 1, Buffer.from('echo')));
  for (let left = BYTES; left > 0; left -= 16000) {
    socket.write(frame(4, 1, Buffer.alloc(Math.min(16000, left), 5)));
  }
  socket.write(frame(6, 1, Buffer.alloc(0)));
});
socket.on('data', (data) => {
  got = Buffer.concat([got, data]);
  let echoed = 0, finished = false;
  for (let at = 0; at + 12 <= got.length; at += 12 + got.readUInt16BE(at + 2)) {
    echoed += got[at] === 4 ? got.readUInt16BE(at + 2) : 0;
    finished = finished || got[at] === 6;
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
