// The SM2 pair of the demo, judged by sm-crypto-v2. Node itself, with OpenSSL inside, reads SM2
// certificates and knows neither their user id nor their envelopes.
"use strict";

const assert = require("node:assert/strict");
const { X509Certificate } = require("node:crypto");
const { test } = require("node:test");
const { sm2, sm4 } = require("sm-crypto-v2");
const { account, call } = require("./desk.cjs");

const { env } = process;

function exported(standard) {
  return call(
    "CCM", account(), "POST", "/v1/private-certificates/{certificate_id}/export",
    { certificate_id: env.CHANCERY_DEMO_SM2_CERTIFICATE_ID },
    { type: "other", is_compressed: "false", is_sm_standard: standard },
  );
}

const hex = (bytes) => Buffer.from(bytes).toString("hex");

// The values in the content of a DER value: their tags, contents and whole encodings.
function children(content) {
  const found = [];
  for (let rest = content; rest.length > 0; ) {
    let [tag, length] = rest;
    let start = 2;
    if (length & 0x80) {
      start += length & 0x7f;
      length = rest.readUIntBE(2, length & 0x7f);
    }
    assert.ok(rest.length >= start + length, "DER is cut off");
    const end = start + length;
    found.push({ tag, content: rest.subarray(start, end), whole: rest.subarray(0, end) });
    rest = rest.subarray(end);
  }
  return found;
}

const parts = (der) => children(children(der)[0].content);

function ders(pem) {
  const blocks = pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g);
  return blocks.map((block) => Buffer.from(block.replace(/-----[^-]+-----/g, ""), "base64"));
}

// The 32 bytes of a plain PKCS#8 key.
function scalar(pem) {
  const [, , wrapped] = parts(ders(pem)[0]);
  return hex(children(children(wrapped.content)[0].content)[1].content);
}

// The point of a certificate's key, behind the byte of unused bits.
function point(certificate) {
  const [tbs] = parts(certificate);
  const spki = children(tbs.content)[6];
  return hex(children(spki.content)[1].content.subarray(1));
}

function verify(certificate, issuer) {
  const [tbs, , signature] = parts(certificate);
  const options = { der: true, hash: true, userId: "1234567812345678" };
  const bits = hex(signature.content.subarray(1));
  assert.ok(sm2.doVerifySignature(new Uint8Array(tbs.whole), bits, point(issuer), options));
  const other = { ...options, userId: "another user" };
  assert.ok(!sm2.doVerifySignature(new Uint8Array(tbs.whole), bits, point(issuer), other));
}

// Decrypts an SM2Cipher, given as DER.
function decrypt(cipher, key) {
  const options = { asn1: true, output: "array" };
  return hex(sm2.doDecrypt(hex(cipher), key, 1, options));
}

function unseal(text, key) {
  return hex(sm4.decrypt(hex(text), key, { padding: "none", output: "array", mode: "ecb" }));
}

test("both halves are signed by the issuer, and each issuer by the next", async () => {
  const pair = await exported("false");
  const [issuer, root] = ders(pair.certificate_chain);
  const [sign] = ders(pair.certificate);
  const [enc] = ders(pair.enc_certificate);
  verify(sign, issuer);
  verify(enc, issuer);
  verify(issuer, root);
  verify(root, root);
  assert.equal(new X509Certificate(sign).subject, new X509Certificate(enc).subject);
});

test("both keys belong to their halves", async () => {
  const pair = await exported("false");
  for (const [key, certificate] of [
    [pair.private_key, pair.certificate],
    [pair.enc_private_key, pair.enc_certificate],
  ]) {
    assert.equal(sm2.getPublicKeyFromPrivateKey(scalar(key)), point(ders(certificate)[0]));
  }
});

test("the envelope of GM/T 0009 holds the encryption key", async () => {
  const pair = await exported("true");
  const own = scalar(pair.private_key);
  const [, cipher, beside, text] = parts(Buffer.from(pair.enc_sm2_enveloped_key, "base64"));
  const key = decrypt(cipher.whole, own);
  const opened = unseal(text.content.subarray(1), key);
  const [enc] = ders(pair.enc_certificate);
  assert.equal(hex(beside.content.subarray(1)), point(enc));
  assert.equal(sm2.getPublicKeyFromPrivateKey(opened), point(enc));
});

test("the envelope of GM/T 0010 holds it too, signed by the issuer", async () => {
  const pair = await exported("true");
  const own = scalar(pair.private_key);
  const [, wrapped] = parts(Buffer.from(pair.signed_and_enveloped_data, "base64"));
  const data = children(children(wrapped.content)[0].content);
  const recipient = children(children(data[1].content)[0].content);
  const key = decrypt(recipient[3].content, own);
  const content = unseal(children(data[3].content)[2].content, key);
  assert.equal(content.length, 128);
  assert.equal(content.slice(0, 64), "0".repeat(64));

  const signer = children(children(data.at(-1).content)[0].content);
  const [issuer] = ders(pair.certificate_chain);
  const options = { der: true, hash: true, userId: "1234567812345678" };
  const signed = new Uint8Array(Buffer.from(content, "hex"));
  assert.ok(sm2.doVerifySignature(signed, hex(signer[4].content), point(issuer), options));
  const [enc] = ders(pair.enc_certificate);
  assert.equal(sm2.getPublicKeyFromPrivateKey(content.slice(64)), point(enc));
});
