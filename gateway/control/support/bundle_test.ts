import { deepEqual, equal, match } from "node:assert/strict";
import { cleanText, withoutSecrets } from "./bundle.ts";

Deno.test("support bundle: values of secret keys go, names of secret files stay", () => {
  deepEqual(
    withoutSecrets({
      password: "p",
      passwordFile: "secrets/CP001",
      nested: [{ Token: "t", code: 12, tokens: 3 }],
      secret: { inner: "kept: an object is looked into", password: "x" },
      nothing: null,
      absent: undefined,
    }),
    {
      password: "(removed)",
      passwordFile: "secrets/CP001",
      nested: [{ Token: "(removed)", code: "(removed)", tokens: 3 }],
      secret: { inner: "kept: an object is looked into", password: "(removed)" },
      nothing: null,
      absent: null,
    },
  );
});

Deno.test("support bundle: private keys and credentials go from every text", () => {
  const pem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----";
  const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  const cleaned = cleanText(`a ${pem} b ${certificate} ${pem}`);
  equal(cleaned.includes("MHcCAQEE"), false);
  match(cleaned, /MIIB/);
  equal(cleanText("ftp://user:pw@host/x wss://host/y mail@host"), "ftp://(removed)@host/x wss://host/y mail@host");
  equal(
    cleanText("authorization: Basic dXNlcjpwYXNz, Bearer abc.def-ghi"),
    "authorization: Basic (removed), Bearer (removed)",
  );
});

Deno.test("support bundle: of many texts that begin as keys and have no end nothing is left", () => {
  const begun = "-----BEGIN PRIVATE KEY-----\nMHcCAQEE\n";
  equal(cleanText(begun.repeat(20_000)).includes("MHcC"), false); // minutes, where each beginning looks for its end
  equal(cleanText(`ftp://${"a.".repeat(500_000)}`).length, 1_000_006); // minutes, where each word looks for its "://"
});
