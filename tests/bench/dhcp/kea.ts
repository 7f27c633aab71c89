import type { TestNet } from "../../support/test_net.ts";

/** ISC Kea with its usual store: memfile, every lease written and kept (`persist`). */
export async function startKea(
  net: TestNet,
  namespace: string,
): Promise<{ readonly pid: number; readonly folder: string }> {
  const folder = await Deno.makeTempDir({ prefix: "bulkhead-kea-" });
  const config = {
    Dhcp4: {
      "interfaces-config": { interfaces: ["ot0"], "dhcp-socket-type": "raw" },
      "lease-database": { type: "memfile", persist: true, name: `${folder}/leases.csv`, "lfc-interval": 0 },
      "valid-lifetime": 3_600,
      subnet4: [{ id: 1, subnet: "10.20.0.0/16", pools: [{ pool: "10.20.16.0 - 10.20.200.0" }] }],
      loggers: [{ name: "kea-dhcp4", severity: "ERROR", "output_options": [{ output: `${folder}/kea.log` }] }],
    },
  };
  await Deno.writeTextFile(`${folder}/kea.json`, JSON.stringify(config));
  const env = [`KEA_PIDFILE_DIR=${folder}`, `KEA_LOCKFILE_DIR=${folder}`];
  const child = net.spawn(namespace, "env", ...env, "kea-dhcp4", "-c", `${folder}/kea.json`);
  return { pid: child.pid, folder };
}
