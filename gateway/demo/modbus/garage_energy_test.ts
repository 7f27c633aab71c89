import { deepEqual, equal } from "node:assert/strict";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { parseModbusRules } from "../../config/modbus_rules_file.ts";
import { ModbusConfig } from "../../modbus/config.ts";
import { systemRandom } from "../../core/timers.ts";
import { readCertificate } from "../../pki/certificate.ts";
import { readPem } from "../../pki/pem.ts";
import { createAuthority } from "../demo_pki.ts";
import { utf8String } from "../../pki/der_writer.ts";
import { EXTENSION } from "../../pki/extensions.ts";
import { extension } from "../../pki/extension_writer.ts";
import { GarageEnergy } from "./garage_energy.ts";

Deno.test("demo energy: its part of site.yaml and its rules are good, and nothing is wrong before it begins", async () => {
  const energy = await GarageEnergy.start(new ManualTime().now(), systemRandom);
  try {
    const { modbus, files } = energy.site("127.0.0.1:8802");
    deepEqual(ModbusConfig.parse(modbus).units.map(({ unit, profile }) => [unit, profile]), [
      [1, "eastron-sdm630"],
      [11, "bender-cc"],
    ]);
    const rules = parseModbusRules("modbus-rules.yaml", files["modbus-rules.yaml"]!);
    deepEqual("rules" in rules ? rules.rules.map(({ id }) => id) : rules.faults, [
      ...["read-all", "move-limits", "hide-badges"],
    ]);
    deepEqual([energy.line, energy.faults], [undefined, []]);
    energy.station.answer(Uint8Array.of(6, 0, 131, 0, 32));
    equal(energy.station.writes.length, 1);
  } finally {
    await energy.stop();
  }
});

Deno.test("demo pki: a certificate may carry further extensions, such as a role", () => {
  const authority = createAuthority("CA", Date.UTC(2026, 0, 1), systemRandom);
  const role = extension(EXTENSION.modbusRole, false, utf8String("Reader"));
  const { certPem } = authority.issue({ commonName: "ems", usage: "client", extensions: [role] });
  equal(readCertificate(readPem(certPem, "CERTIFICATE")[0]!).extensions.modbusRole, "Reader");
});
