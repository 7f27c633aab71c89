import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { ManualTime } from "../tests/support/manual_time.ts";
import { HAL_LIMITS } from "./limits.ts";
import { LinuxTimeService } from "./linux_time_service.ts";
import type { TimeSettings } from "./time_service.ts";

const SETTINGS: TimeSettings = {
  servers: [{ host: "a.example", nts: true, ca: "PEM" }],
  serve: [],
  realTimeClock: true,
};

async function withService(run: (service: LinuxTimeService, folder: string, time: ManualTime) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const time = new ManualTime();
  const places = { folder: `${folder}/chrony`, installedAs: "/etc/chrony/bulkhead", reportFile: `${folder}/report` };
  try {
    await run(new LinuxTimeService(places, time), folder, time);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("time service: writes what changed and nothing else, for its owner only", async () => {
  await withService(async (service, folder) => {
    equal(await service.apply(SETTINGS), true);
    const file = `${folder}/chrony/bulkhead.conf`;
    const { mtime, mode } = await Deno.stat(file);
    equal(mode! & 0o777, 0o600);
    equal(await service.apply(SETTINGS), false);
    equal((await Deno.stat(file)).mtime, mtime);
    equal(await Deno.readTextFile(`${folder}/chrony/ca-1.pem`), "PEM");
    equal(await service.apply({ ...SETTINGS, servers: [{ host: "a.example", nts: true, ca: "OTHER" }] }), true);
    equal(await service.apply({ ...SETTINGS, serve: ["10.0.0.0/8"] }), true);
  });
});

Deno.test("time service: a folder that cannot be written is named", async () => {
  await withService(async (service, folder) => {
    await Deno.writeTextFile(`${folder}/chrony`, "a file in its place");
    await rejects(service.apply(SETTINGS), { code: "HAL_TIME" });
  });
});

Deno.test("time service: the report with its age; none, and one beyond the limit, are named", async () => {
  await withService(async (service, folder, time) => {
    await rejects(service.report(), { code: "HAL_TIME" });
    const report = `${folder}/report`;
    await Deno.writeTextFile(report, "^,*,a,2,6,377,1,0,0,0\n".padEnd(HAL_LIMITS.timeReportBytes, "\n"));
    await Deno.utime(report, new Date(time.now() - 42_000), new Date(time.now() - 42_000));
    const { ageSeconds, sources } = await service.report();
    equal([ageSeconds, sources.length], [42, 1]);
    await Deno.writeTextFile(report, "\n", { append: true });
    await rejects(service.report(), { code: "HAL_TIME" });
  });
});
