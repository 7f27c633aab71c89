import { ERROR_CODES } from "../../../gateway/core/error_codes.ts";
import { code, groups, page, table } from "./page.ts";

/** What the first part of an error code stands for. A family without a title is shown by its letters. */
const FAMILIES: Readonly<Record<string, string>> = {
  ACME: "Certificates from an ACME authority",
  ALARM: "Alarms",
  AUDIT: "Audit chain and its sinks",
  AUD: "Audit chain and its sinks",
  BACKUP: "Backup and restore",
  CFG: "Configuration",
  CLI: "Command line",
  COURIER: "Deliveries to other hosts",
  CTL: "Control",
  DEMO: "Demo",
  ECHO: "Example conduit",
  HAL: "Hardware and the privileged helper (hald)",
  KEY: "Key store",
  LEDGER: "Energy ledger",
  OCPP: "OCPP",
  PKI: "Certificates and site CA",
  RPC: "Calls between isolates",
  SEAL: "Sealed secrets",
  STATION: "Stations",
  STORE: "Store",
  SUP: "Supervisor",
};

/** docs/errors.md: every error code with its meaning. */
export function errorsPage(): string {
  return page(
    "Error codes",
    [
      "Every error that reaches a person, a log line or a script carries one of these codes. A code keeps its meaning for",
      "ever; new ones are added. An error is shown as `CODE: what failed, with which value, what was wanted`, and where",
      "something can be done about it a second line `hint:` says what to type or where to look.",
    ].join("\n"),
    "A refusal by policy is not an error: it names its rule, and it stands in the audit trail (see audit-events.md).",
    ...groups(ERROR_CODES, "_").map(([family, entries]) => {
      const rows = entries.map(([name, meaning]) => [code(name), meaning]);
      return `## ${FAMILIES[family] ?? family}\n\n${table(["code", "meaning"], rows)}`;
    }),
  );
}
