import { type Path, pathText } from "../config/fault.ts";

/** One thing that `check` found beside the configuration's own faults. */
export interface Finding {
  /** A fault makes `check` fail; a warning needs a person this month. */
  readonly level: "fault" | "warning";
  /** Where in site.yaml: "console.certificate.certFile". */
  readonly key: string;
  readonly text: string;
}

/** A finding that makes `check` fail. */
export function foundFault(path: Path, text: string): Finding {
  return { level: "fault", key: pathText(path), text };
}

/** A finding that does not make `check` fail. */
export function foundWarning(path: Path, text: string): Finding {
  return { level: "warning", key: pathText(path), text };
}
