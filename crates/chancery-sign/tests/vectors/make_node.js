// Writes node.json: requests signed by the Node SDK. Run once:
//
//     npm install @huaweicloud/huaweicloud-sdk-core@3.1.211 && node make_node.js > node.json
const { AKSKSigner } = require("@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner");
const { DerivedAKSKSigner } = require("@huaweicloud/huaweicloud-sdk-core/auth/DerivedAKSKSigner");

const inputs = [
  ["list CAs", "GET", "/v1/private-certificate-authorities", { limit: 10, offset: 0 }, undefined],
  ["export", "POST", "/v1/private-certificates/6434f74f-2d13-4e6a-89eb-93ee313f1a43/export", {}, { type: "NGINX", is_compressed: "true" }],
  ["certkey", "GET", "/v3/tasks/e2ac47e2-05c7-44b0-9e5d-bd6f1b2b4e6c/certkey", { enable_ca_cert: true }, undefined],
  ["spaces, plus and han", "GET", "/v3/scm/certificates", { name: "证书 *", content: "a b/c+d&e=f" }, undefined],
  ["unsorted list", "GET", "/v2/x/instances", { status: ["RUNNING", "CREATING"] }, undefined],
];

const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
const sign = (signer) => ([name, method, path, queryParams, data], number) => {
  const secret = `secret-of-vector-${number}-+/=é`;
  const request = {
    endpoint: "https://chancery.example.com:8443" + path, method, queryParams, data,
    headers: {
      "content-type": "application/json",
      "X-Domain-Id": "d78cbac186b744899480f25bd022f468",
      "X-Sdk-Date": `20260${(number % 9) + 1}15T0${number}3000Z`,
    },
  };
  const signed = signer.sign(request, {
    getAk: () => `AKVECTOR${String(number).padStart(12, "0")}`, getSk: () => secret,
    getRegionId: () => "cn-north-4", getDerivedAuthServiceName: () => "ccm",
  });
  const query = Object.entries(queryParams).flatMap(([key, value]) => [value].flat().map((v) => `${encode(key)}=${encode(v)}`)).join("&");
  return { name, method, path, query, body: data ? JSON.stringify(data) : "", secret, headers: signed };
};
const vectors = [AKSKSigner, DerivedAKSKSigner].flatMap((signer) => inputs.map(sign(signer)));
console.log(JSON.stringify(vectors, null, 1));
