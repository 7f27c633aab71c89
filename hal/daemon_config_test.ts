import assert from "node:assert/strict";
import { ConfigError } from "../gateway/core/errors.ts";
import { loadDaemonConfig } from "./daemon_config.ts";
import { HAL_LIMITS } from "./limits.ts";

async function load(text: string): Promise<unknown> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, text);
    return await loadDaemonConfig(file);
  } finally {
    await Deno.remove(file);
  }
}

const callers = [{ user: "bulkhead", may: ["read", "secret", "act"] }];
const tpm = { kind: "tpm", folder: "/var/lib/bulkhead-hald/keys", tcti: "device:/dev/tpmrm0" };
const pkcs11 = { kind: "pkcs11", folder: "/k", module: "/usr/lib/x.so", tokenLabel: "t", pinFile: "/p" };

for (
  const config of [
    { callers },
    { callers: [{ user: 990, may: ["read"] }] },
    { callers, keyStore: tpm, watchdog: { device: "/dev/watchdog", timeoutSeconds: 30 } },
    { callers, keyStore: { ...tpm, pcrs: "sha256:0,7" } },
    { callers, serial: ["/dev/ttyRS485", "/dev/serial/by-id/usb-FTDI_A-if00"] },
    { callers, serial: Array.from({ length: HAL_LIMITS.serialDevices }, (_, at) => `/dev/ttyS${at}`) },
    { callers, keyStore: { ...pkcs11, environment: { SOFTHSM2_CONF: "/etc/softhsm2.conf" } } },
  ]
) {
  Deno.test(`hald config: takes ${JSON.stringify(config).slice(0, 90)}`, async () => {
    assert.deepEqual(await load(JSON.stringify(config)), config);
  });
}

for (
  const [text, wanted] of [
    ["", /JSON/],
    ["{}", /value\.callers/],
    [JSON.stringify({ callers: [{ user: "bulkhead; id", may: [] }] }), /callers\[0\]\.user/],
    [JSON.stringify({ callers: [{ user: "root", may: ["all"] }] }), /may\[0\].*read, secret, act/],
    [JSON.stringify({ callers, extra: 1 }), /value\.extra/],
    [JSON.stringify({ callers, keyStore: { ...tpm, folder: "keys" } }), /keyStore/],
    [JSON.stringify({ callers, keyStore: { ...tpm, pcrs: "sha1:7" } }), /keyStore/],
    [JSON.stringify({ callers, serial: ["/etc/shadow"] }), /serial\[0\]/],
    [
      JSON.stringify({ callers, serial: Array.from({ length: HAL_LIMITS.serialDevices + 1 }, () => "/dev/ttyS0") }),
      /serial.*at most 32/,
    ],
    [JSON.stringify({ callers, watchdog: { device: "/dev/watchdog", timeoutSeconds: 1 } }), /timeoutSeconds.*from 2/],
  ] as const
) {
  Deno.test(`hald config: refuses ${text.slice(0, 90) || "an empty file"}`, async () => {
    await assert.rejects(load(text), (error) => {
      return error instanceof ConfigError && error.code === "CFG_INVALID" && wanted.test(error.message);
    });
  });
}

for (const extra of [0, 1]) {
  Deno.test(`hald config: a file ${extra} past the limit`, async () => {
    const text = JSON.stringify({ callers }).padEnd(HAL_LIMITS.configBytes + extra);
    if (extra === 0) assert.ok(await load(text));
    else await assert.rejects(load(text), (error) => error instanceof ConfigError && error.code === "CFG_UNREADABLE");
  });
}

Deno.test("hald config: a missing file is named", async () => {
  await assert.rejects(loadDaemonConfig("/nowhere/hald.json"), (error) => {
    return error instanceof ConfigError && error.code === "CFG_UNREADABLE" && /nowhere/.test(error.message);
  });
});
