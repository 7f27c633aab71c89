import process from "node:process";

/**
 * tuf-js brings a package that lists the whole environment when it is imported, for which a Worker would need the right to
 * all of it, and so would the process. This Worker has no use for any variable: it sees an empty list. To be imported
 * before tuf-js; in other isolates nothing is changed.
 */
if ("WorkerGlobalScope" in globalThis) Object.defineProperty(process, "env", { value: {}, configurable: true });
