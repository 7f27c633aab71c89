import { deepEqual, equal, match } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { startFakeHald } from "../../hal/fake_daemon.ts";
import { createRecoveryKey } from "../../gateway/control/backup/recovery_key.ts";
import { createRequest } from "../../gateway/demo/demo_pki.ts";
import { generalName, permittedNames } from "../../gateway/pki/extension_writer.ts";
import { type ExampleCsms, ExampleSite, startCsms, validNow } from "../support/example_site.ts";
import { FakeSiem } from "../support/fake_siem.ts";
import { createSshKey, startSftpServer } from "../support/sftp_server.ts";
import { TestCa } from "../support/test_ca.ts";
import { waitFor } from "../support/wait_for.ts";

/** A site's files that both examples name: backups, SIEM. */
async function writeCommon(site: ExampleSite, siem: FakeSiem, { ca }: ExampleCsms): Promise<void> {
  await site.write("certs/csms-ca.pem", ca.pem);
  await site.write("certs/siem-ca.pem", siem.ca.pem);
  await site.write("certs/recovery.pub", `${(await createRecoveryKey()).recipient}\n`);
  await Deno.mkdir(`${site.folder}/usb`);
}

/** The gateway's client certificate for one station towards the CSMS. */
async function writeUpstream(site: ExampleSite, { ca }: ExampleCsms, id: string): Promise<void> {
  const { certPem, keyPem } = ca.client(id, validNow());
  await site.write(`certs/${id}.csms.pem`, certPem);
  await site.write(`secrets/${id}.csms.key`, keyPem);
}

const ROOT_CA = new TestCa("Example root", validNow());
/** The site's intermediate: names of this garage and loopback only. */
const SITE_CA = ROOT_CA.intermediate("Garage 12", {
  ...validNow(),
  ca: { pathLength: 0 },
  moreExtensions: [
    permittedNames([
      generalName("garage-12.example"),
      generalName("localhost"),
      new Uint8Array([0x87, 8, 127, 0, 0, 0, 255, 0, 0, 0]),
    ]),
  ],
});
const PASSWORDS = { "CP001": "0123456789abcdef0123", "Bay 21": "fedcba9876543210fedc" };
const UPSTREAM = { "CP001": "csms-password-of-cp001", "Bay 21": PASSWORDS["Bay 21"] };

async function writeGarageFiles(site: ExampleSite, siem: FakeSiem, csms: ExampleCsms): Promise<void> {
  await writeCommon(site, siem, csms);
  await writeUpstream(site, csms, "CP002");
  await site.write(
    "rules/ocpp.yaml",
    await Deno.readTextFile(new URL("../../examples/garage/rules/ocpp.yaml", import.meta.url)),
  );
  await site.write(
    "rules/modbus.yaml",
    await Deno.readTextFile(new URL("../../examples/garage/rules/modbus.yaml", import.meta.url)),
  );
  await site.write("certs/ems-ca.pem", ROOT_CA.pem);
  await site.write("certs/site-ca.pem", SITE_CA.pem);
  await site.write("secrets/site-ca.key", SITE_CA.certificate.keyPem);
  await site.write("certs/otel-ca.pem", ROOT_CA.pem);
  await site.write("secrets/CP001", PASSWORDS.CP001);
  await site.write("secrets/CP001.csms", UPSTREAM.CP001);
  await site.write("secrets/bay-21", PASSWORDS["Bay 21"]);
  for (const token of ["dns-token", "hook-token"]) await site.write(`secrets/${token}`, "a-token-of-this-test");
  for (const file of ["switch.auth", "switch.privacy"]) await site.write(`secrets/${file}`, "password-of-this-test");
  await site.write("secrets/smtp", "smtps://gw:password@localhost:9");
}

Deno.test("examples: the garage starts, check is clean, four stations charge, records leave the box, a backup reaches both targets", async () => {
  const [hostKey, userKey] = [createSshKey(), createSshKey()];
  await using closing = new AsyncDisposableStack();
  await using siem = await new FakeSiem().up();
  const csms = closing.adopt(await startCsms(UPSTREAM, ["CP002"]), ({ csms }) => csms.stop());
  await using site = await ExampleSite.create();
  closing.adopt(await startFakeHald(`${site.folder}/hal.sock`), (hald) => hald.close()); // its key store says "tpm"
  await Deno.mkdir(`${site.folder}/remote/garage-12`, { recursive: true });
  const sftp = closing.adopt(
    await startSftpServer({ root: `${site.folder}/remote`, hostKeyPem: hostKey.pem, userKey: userKey.publicKey }),
    (sftp) => sftp.close(),
  );
  await site.during(async () => {
    await site.copy("garage", [
      ["10.20.0.", "127.20.0."],
      ["127.20.0.1:53", "127.20.0.1:8053"],
      ["10.99.0.2", "127.99.0.2"],
      ["127.0.0.1:9464", "127.99.0.2:9464"],
      ["interface: eth0.99", "interface: lo"],
      ["interface: eth0", "interface: lo"],
      ["interface: eth1", "interface: lo"],
      ["/var/lib/bulkhead", "./data"],
      ["csms.example", csms.place],
      ["https://acme.example", "https://localhost:9"],
      ["https://dns.example", "https://localhost:9"],
      ["https://ops.example", "https://localhost:9"],
      ["https://otel.example", "https://localhost:9"],
      ["siem.example:6514", `localhost:${siem.port}`],
      ["backup.example", `127.0.0.1:${sftp.port}`],
      ["/mnt/usb/backup", "./usb"],
      ["/run/bulkhead/hal.sock", `${site.folder}/hal.sock`],
    ]);
    await writeGarageFiles(site, siem, csms);
    await site.write("secrets/backup.key", userKey.pem);
    await site.write("certs/backup-host.pub", `backup ssh-rsa ${Buffer.from(hostKey.publicKey).toString("base64")}\n`);
    await site.start();
    await connectGarage(site, csms);
    await site.chargeOnce(csms.csms);
    deepEqual([...csms.csms.connected].sort(), ["Bay 21", "CP001", "CP002", "CP003"]);
    const { text, ok } = await site.gateway.command("backup");
    equal(ok ?? true, true, text);
    equal([...Deno.readDirSync(`${site.folder}/remote/garage-12`)].length, 1);
    await waitFor("the session at the SIEM", () => siem.messages.some((line) => line.includes("ocpp.session.opened")));
    match((await site.gateway.command("status")).text, /all Workers are ready/);
  });
});

/** The garage's stations, each with the security profile that site.yaml gives it. */
async function connectGarage(site: ExampleSite, csms: ExampleCsms): Promise<void> {
  const tls = { endpoint: "wss://127.20.0.1:8444/ocpp", caPem: ROOT_CA.pem };
  const plain = { endpoint: "ws://127.20.0.1:8445/ocpp" };
  const bytes = (text: string) => new TextEncoder().encode(text);
  const { data } = await site.gateway.command("station credential", { station: "CP003" });
  const { password } = data as { readonly password: string };
  csms.learn("CP003", password); // it is relayed to the CSMS
  const { csrPem, keyPem } = createRequest("CP002", "Example CPO");
  const issued = await site.gateway.command("cert issue", { station: "CP002", csr: csrPem });
  const certPem = (issued.data as { readonly pem: string }).pem;
  site.powerOn({ id: "CP001", protocol: "ocpp1.6", securityProfile: 2 }, { ...tls, password: bytes(PASSWORDS.CP001) });
  site.powerOn({ id: "CP002", protocol: "ocpp2.0.1", securityProfile: 3 }, { ...tls, certPem, keyPem });
  site.powerOn({ id: "CP003", protocol: "ocpp2.0.1", securityProfile: 2 }, { ...tls, password: bytes(password) });
  site.powerOn({ id: "Bay 21", protocol: "ocpp1.6", securityProfile: 1 }, {
    ...{ ...plain, password: bytes(PASSWORDS["Bay 21"]) },
  });
}

Deno.test("examples: the relay garage starts, check is clean, stations without TLS charge and reach their CSMS by mutual TLS", async () => {
  await using closing = new AsyncDisposableStack();
  await using siem = await new FakeSiem().up();
  const upstream = startCsms({ RG003: "csms-password-of-rg003" }, ["RG001", "RG002"]);
  const csms = closing.adopt(await upstream, ({ csms }) => csms.stop());
  await using site = await ExampleSite.create();
  await site.during(async () => {
    await site.copy("relay_garage", [
      ["10.30.0.", "127.30.0."],
      ["10.99.3.2", "127.99.3.2"],
      ["127.0.0.1:9464", "127.99.3.2:9464"],
      ["interface: eth0.99", "interface: lo"],
      ["interface: eth0", "interface: lo"],
      ["interface: eth1", "interface: lo"],
      ["/var/lib/bulkhead", "./data"],
      ["csms.example", csms.place],
      ["siem.example:6514", `localhost:${siem.port}`],
      ["/mnt/usb/backup", "./usb"],
    ]);
    await writeCommon(site, siem, csms);
    for (const id of ["RG001", "RG002"]) await writeUpstream(site, csms, id);
    for (const id of ["RG001", "RG002", "RG003"]) await site.write(`secrets/${id}`, `password-of-station-${id}`);
    await site.write("secrets/RG003.csms", "csms-password-of-rg003");
    await site.start();
    for (const id of ["RG001", "RG002", "RG003"]) {
      const password = new TextEncoder().encode(`password-of-station-${id}`);
      site.powerOn({ id, protocol: "ocpp1.6", securityProfile: 1 }, {
        endpoint: "ws://127.30.0.1:8445/ocpp",
        password,
      });
    }
    await site.chargeOnce(csms.csms);
    equal(csms.csms.refused, 0);
    await waitFor("the session at the SIEM", () => siem.messages.some((line) => line.includes("ocpp.session.opened")));
    const { text } = await site.gateway.command("status");
    match(text, /OCPP on 127\.30\.0\.1:8445 is not encrypted/);
  });
});
