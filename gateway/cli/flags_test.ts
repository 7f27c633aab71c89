import assert from "node:assert/strict";
import { runFlags } from "./flags.ts";
import { runInit } from "./init.ts";
import { siteWorkers } from "./site_workers.ts";

Deno.test("flags command: prints one line with the lists of this site's Workers", async () => {
  const folder = await Deno.makeTempDir({ prefix: "flags-" });
  try {
    await runInit({ dir: `${folder}/site` });
    const { text, data } = await runFlags({ config: `${folder}/site/site.yaml` }, (loaded) => siteWorkers(loaded, []));
    const { flags } = data as { flags: string[] };
    assert.equal(text, flags.join(" "));
    assert.ok(flags.includes("--deny-ffi") && flags.includes("--deny-run"));
    const write = flags.find((flag) => flag.startsWith("--allow-write="));
    const wanted = `--allow-write=/run/systemd/notify,${folder}/site/data`;
    assert.equal(write, wanted, "control writes its data folder, main tells systemd, and nothing else");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("flags command: every conduit's Workers come after control", async () => {
  const folder = await Deno.makeTempDir({ prefix: "flags-" });
  try {
    await runInit({ dir: `${folder}/site` });
    const spec = {
      name: "x-0",
      module: new URL("file:///x.ts"),
      permissions: { sys: ["hostname"] },
      config: 1,
      after: ["y"],
    };
    const conduit = { name: "x", workers: () => [spec] };
    const { data } = await runFlags({ config: `${folder}/site/site.yaml` }, (loaded) => {
      const workers = siteWorkers(loaded, [conduit]);
      assert.deepEqual(workers.map(({ name, after }) => [name, ...after]), [["control"], ["x-0", "control", "y"]]);
      return workers;
    });
    assert.match((data as { flags: string[] }).flags.join(" "), /--allow-sys=(\w+,)*hostname\b/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
