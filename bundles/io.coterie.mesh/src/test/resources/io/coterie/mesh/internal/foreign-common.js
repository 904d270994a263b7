// What a device by OpenSSL needs at either end: keys in PEM, frames, the first frame's signature.
const crypto = require('crypto');
const ML_DSA = { standard: '0609608648016503040312', max: '0609608648016503040313' };
const ED25519 = '06032b6570';
const FRAME = { HELLO: 1, OPEN: 2, OPENED: 3, DATA: 4, FIN: 6 };

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
// Certificate and key of a session as tls wants them.
function credentials(info, suite) {
  return {
    cert: pem('CERTIFICATE', Buffer.from(info.certificate, 'base64')),
    key: pem('PRIVATE KEY', privateKey(ML_DSA[suite], der(0x80, Buffer.from(info.signatureSeed, 'hex')))),
  };
}
function exporter(socket) {
  return socket.exportKeyingMaterial(32, 'EXPORTER-coterie-link-v2');
}
// What the second signature of a handshake covers.
function signedText(suite, dialler, socket, signer, other, text) {
  return Buffer.concat([field('coterie-link-auth-v2'), field(suite), Buffer.from([dialler ? 1 : 0]), exporter(socket),
    Buffer.from(signer, 'hex'), Buffer.from(other, 'hex'), field(text)]);
}
// A first frame of the foreign device.
function hello(info, suite, dialler, socket, text) {
  const key = crypto.createPrivateKey({ format: 'der', type: 'pkcs8',
    key: privateKey(ED25519, der(4, Buffer.from(info.ed25519Seed, 'hex'))) });
  const signed = signedText(suite, dialler, socket, info.client, info.server, text);
  return frame(FRAME.HELLO, 0, Buffer.concat([text, crypto.sign(null, signed, key)]));
}

module.exports = { FRAME, frame, credentials, signedText, hello };
