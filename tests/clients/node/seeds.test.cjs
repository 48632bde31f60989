// The documented calls.
"use strict";

const assert = require("node:assert/strict");
const { createPrivateKey, X509Certificate } = require("node:crypto");
const { test } = require("node:test");
const { account, call, project } = require("./desk.cjs");

const { env } = process;

function certificates(pem) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  return blocks.map((block) => new X509Certificate(block));
}

// Each certificate is signed by the next, the last by itself.
function verify(leaf, chain) {
  [leaf, ...chain].forEach((certificate, place) => {
    const issuer = chain[Math.min(place, chain.length - 1)];
    assert.ok(certificate.checkIssued(issuer));
    assert.ok(certificate.verify(issuer.publicKey));
  });
}

async function fetched(link) {
  const response = await fetch(link, { signal: AbortSignal.timeout(30_000) });
  assert.equal(response.status, 200);
  return response.text();
}

const exportPath = "/v1/private-certificates/{certificate_id}/export";

test("private certificate", async () => {
  const response = await call(
    "CCM", account(), "POST", exportPath,
    { certificate_id: env.CHANCERY_DEMO_CERTIFICATE_ID },
    { password: "test", type: "other", is_compressed: "false" },
  );
  const [leaf] = certificates(response.certificate);
  verify(leaf, certificates(response.certificate_chain));
  const key = createPrivateKey({ key: response.private_key, passphrase: "test" });
  assert.ok(leaf.checkPrivateKey(key));
});

test("store certificate", async () => {
  const response = await call(
    "SCM", account(), "POST", "/v3/scm/certificates/{certificate_id}/export",
    { certificate_id: env.CHANCERY_DEMO_SCM_CERTIFICATE_ID },
  );
  const [leaf] = certificates(response.certificate);
  verify(leaf, certificates(response.certificate_chain));
  assert.ok(leaf.checkPrivateKey(createPrivateKey(response.private_key)));
});

test("redis certificate", async () => {
  const response = await call(
    "DCS", project(), "POST", "/v2/{project_id}/instances/{instance_id}/ssl-certs/download",
    {
      project_id: env.HUAWEICLOUD_SDK_PROJECT_ID,
      instance_id: env.CHANCERY_DEMO_DCS_INSTANCE_ID,
    },
  );
  const [root] = certificates(await fetched(response.link));
  verify(root, [root]);
});

test("mongodb certificate", async () => {
  const response = await call(
    "DDS", project(), "GET", "/v3/{project_id}/instances/{instance_id}/ssl-cert/download-link",
    {
      project_id: env.HUAWEICLOUD_SDK_PROJECT_ID,
      instance_id: env.CHANCERY_DEMO_DDS_INSTANCE_ID,
    },
  );
  assert.equal(response.certs[0].category, "international");
  const [root] = certificates(await fetched(response.certs[0].download_link));
  verify(root, [root]);
});

test("migration certificates", async () => {
  const response = await call(
    "SMS", project(), "GET", "/v3/tasks/{task_id}/certkey",
    { task_id: env.CHANCERY_DEMO_SMS_TASK_ID },
  );
  const chain = certificates(response.ca);
  for (const prefix of ["", "target_mgmt_", "target_data_"]) {
    const [leaf] = certificates(response[`${prefix}cert`]);
    verify(leaf, chain);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(response[`${prefix}private_key`])));
  }
});

test("a refusal has its code", async () => {
  const missing = { certificate_id: "00000000-0000-0000-0000-000000000000" };
  const body = { type: "other", is_compressed: "false" };
  await assert.rejects(
    call("CCM", account(), "POST", exportPath, missing, body),
    (error) => error.errorCode === "PCA.10010002" && error.httpStatusCode === 404,
  );
});
