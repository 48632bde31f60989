// Calls through the core of the Node SDK: its credentials, signer and HTTP client.
//
// The npm registry has this core alone, not the generated services; what these add, path and
// parameters, stands with each call. Node's SDK reads no variable for its endpoint: a program
// names it.
"use strict";

const { BasicCredentials, GlobalCredentials } = require("@huaweicloud/huaweicloud-sdk-core");
const { ClientBuilder } = require("@huaweicloud/huaweicloud-sdk-core/ClientBuilder");

const { env } = process;
const region = env.HW_REGION_NAME.toUpperCase().replaceAll("-", "_");

function client(service, credential) {
  return new ClientBuilder((hcClient) => hcClient)
    .withCredential(credential)
    .withEndpoint(env[`HUAWEICLOUD_SDK_REGION_${service}_${region}`])
    .build();
}

const account = () =>
  new GlobalCredentials()
    .withAk(env.CLOUD_SDK_AK)
    .withSk(env.CLOUD_SDK_SK)
    .withDomainId(env.HUAWEICLOUD_SDK_DOMAIN_ID);

const project = () =>
  new BasicCredentials()
    .withAk(env.CLOUD_SDK_AK)
    .withSk(env.CLOUD_SDK_SK)
    .withProjectId(env.HUAWEICLOUD_SDK_PROJECT_ID);

function call(service, credential, method, url, pathParams = {}, data = undefined) {
  return client(service, credential).sendRequest({
    method,
    url,
    pathParams,
    queryParams: {},
    headers: {},
    data,
    contentType: "application/json",
  });
}

module.exports = { account, call, project };
