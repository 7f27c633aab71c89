import { deepEqual, equal, match } from "node:assert/strict";
import { DEVICE_ACCOUNT_RULES } from "./rules_device_accounts.ts";
import { Site } from "./schema.ts";

const FORM =
  "title: x\nformPath: /l\nnameField: n\npasswordField: p\nsuccess: { cookie: S }\naccounts: { installer: admin }\n";

function faults(ui: Record<string, unknown>, files: Readonly<Record<string, string>> = {}, hal = false): string[] {
  const site = Site.parse({
    version: 1,
    site: { id: "lab" },
    stations: [{ id: "CP001", ui: { url: "https://10.20.0.11", driver: "bender", ...ui } }],
    ...hal ? { hal: { socket: "/run/hal.sock" } } : {},
  });
  const materials = new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]));
  return DEVICE_ACCOUNT_RULES.flatMap((rule) => rule.check(site, materials)).map(({ path, wrong }) =>
    `${path.slice(3).join(".")}: ${wrong}`
  );
}

const account = (role: string, more: Record<string, unknown> = {}) => ({ role, passwordFile: "p", ...more });

Deno.test("config rules: accounts of controllers in order", () => {
  deepEqual(faults({}), []);
  deepEqual(faults({ accounts: [account("operator"), account("manufacturer")] }, { p: "x" }), []);
  deepEqual(faults({ driver: "guided" }), []);
  deepEqual(faults({ driver: "alfen", accounts: [account("installer"), account("operator", { user: "op" })] }), []);
  deepEqual(faults({ driver: "form", formFile: "f", accounts: [account("installer")] }, { f: FORM }), []);
  deepEqual(faults({ oldTls: "by-openssl-helper" }, {}, true), []);
});

const BAD: readonly [ui: Record<string, unknown>, files: Record<string, string>, fault: string][] = [
  [{ accounts: [account("operator"), account("operator")] }, {}, "accounts.1.role: has two accounts"],
  [{ driver: "guided", accounts: [account("operator")] }, {}, "accounts: are not used by guided"],
  [{ driver: "alfen", accounts: [account("operator")] }, {}, "accounts.0.user: alfen has no name for operator"],
  [{ driver: "form", accounts: [] }, {}, "driver: belong together: driver form and formFile"],
  [{ formFile: "f" }, { f: FORM }, "formFile: belong together: driver form and formFile"],
  [
    { driver: "form", formFile: "f", accounts: [account("user")] },
    { f: FORM },
    "accounts.0.user: form has no name for user",
  ],
  [{ accounts: [account("operator")] }, { p: "\r\n" }, "accounts.0.passwordFile: is empty"],
  [{ oldTls: "by-openssl-helper" }, {}, "oldTls: needs hald"],
  [
    { oldTls: "by-openssl-helper", url: "http://10.20.0.11", plaintext: "isolated-segment" },
    {},
    "oldTls: helps nothing of http://",
  ],
];
for (const [ui, files, fault] of BAD) {
  Deno.test(`config rules: ${fault}`, () => deepEqual(faults(ui, files), [fault]));
}

Deno.test("config rules: every fault of a form file is told at its place", () => {
  const found = faults({ driver: "form", formFile: "f", accounts: [account("user")] }, { f: "title: 5\nnew: 1\n" });
  equal(found.length > 2, true);
  for (const line of found) match(line, /^formFile: /);
});
