import { hideEnvironment } from "../../core/hidden_environment.ts";

/** To be imported before tuf-js. This Worker has no use for any variable; in other isolates nothing is changed. */
if ("WorkerGlobalScope" in globalThis) hideEnvironment();
