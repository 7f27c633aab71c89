import { loadTests } from "./load.ts";

await loadTests("unit", 1);
