import type { CompiledSchemas } from "../validation.ts";
/** Compiled schemas of one OCPP version, written by generate.ts. */
declare const schemas: CompiledSchemas;
export default schemas;
