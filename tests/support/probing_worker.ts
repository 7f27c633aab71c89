/// <reference lib="deno.worker" />

/** What a Worker with some permissions was allowed to do; every entry is the outcome of really trying. */
export type Probe = Readonly<
  Record<"readPasswd" | "writeTmp" | "connectElsewhere" | "spawn" | "dlopen" | "environment" | "import", string>
>;

async function outcome(act: () => unknown): Promise<string> {
  try {
    await act();
    return "allowed";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

self.onmessage = async () => {
  const probe: Probe = {
    readPasswd: await outcome(() => Deno.readTextFile("/etc/passwd")),
    writeTmp: await outcome(() => Deno.writeTextFile("/tmp/bulkhead-probe", "x")),
    connectElsewhere: await outcome(() => Deno.connect({ hostname: "127.0.0.1", port: 1 })),
    spawn: await outcome(() => new Deno.Command("true").output()),
    dlopen: await outcome(() => Deno.dlopen("libc.so.6", {})),
    environment: await outcome(() => Deno.env.get("HOME")),
    import: await outcome(() => import(["/etc", "passwd"].join("/"))),
  };
  self.postMessage(probe);
};
