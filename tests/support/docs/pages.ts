import { modbusRulesJsonSchema, ocppRulesJsonSchema, siteJsonSchema } from "../../../gateway/config/json_schema.ts";
import { configurationReference } from "../../../gateway/config/reference.ts";
import { alarmsPage } from "./alarms_page.ts";
import { auditEventsPage } from "./audit_events_page.ts";
import { commandsPage } from "./commands_page.ts";
import { errorsPage } from "./errors_page.ts";
import { modbusProfilesPage } from "./modbus_profiles_page.ts";
import { metricsPage } from "./metrics_page.ts";
import { policyTablePage } from "./policy_table_page.ts";
import { ocppValidationPage } from "./ocpp_validation_page.ts";
import { quirksPage } from "./quirks_page.ts";
import { rehomingPage } from "./rehoming_page.ts";
import { securityEventsPage } from "./security_events_page.ts";

/** Every file that is made from the registries: path from the root, and how its text is made. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  "docs/alarms.md": alarmsPage,
  "docs/audit-events.md": auditEventsPage,
  "docs/commands.md": commandsPage,
  "docs/configuration.md": configurationReference,
  "docs/errors.md": errorsPage,
  "docs/metrics.md": metricsPage,
  "docs/modbus-profiles.md": modbusProfilesPage,
  "docs/policy-table.md": policyTablePage,
  "docs/ocpp-validation.md": ocppValidationPage,
  "docs/quirks.md": quirksPage,
  "docs/rehoming.md": rehomingPage,
  "docs/security-events.md": securityEventsPage,
  "schema/modbus-rules.schema.json": modbusRulesJsonSchema,
  "schema/ocpp-rules.schema.json": ocppRulesJsonSchema,
  "schema/site.schema.json": siteJsonSchema,
};
