import { z } from "zod";
import { listOf, NameId } from "../config/values.ts";
import { SyslogSink } from "../courier/config.ts";

const RetentionDays = z.int().min(1).max(3_650);

/** The `audit` section. */
export const AuditConfig = z.strictObject({
  retentionDays: RetentionDays.default(400).describe("Days that audit records are kept"),
  retention: z.strictObject({
    security: RetentionDays.optional().describe("Days for refusals, certificates and configuration"),
    access: RetentionDays.optional().describe("Days for logins and commands of people"),
    operation: RetentionDays.optional().describe("Days for starts, stops and connections"),
    charging: RetentionDays.optional().describe("Days for records that name a badge or vehicle by pseudonym"),
  }).prefault({}).describe("Days for one data class; absent: retentionDays"),
  syslog: listOf(SyslogSink).default([]).describe(
    "Receivers of a copy of every record; a record waits until each has it",
  ),
  digest: z.strictObject({
    every: z.enum(["daily", "weekly"]).describe("weekly: on Mondays"),
    hour: z.int().min(0).max(23).default(7).describe("Hour of the day in the site's time zone"),
    to: z.array(NameId).min(1).max(32).optional().describe("Receivers by their id in notify; absent: all"),
  }).optional().describe(
    "What happened, sent to receivers of alarms: failed sign-ins, refusals by rule, firmware, restarts; absent: none",
  ),
  reviewDays: z.int().min(1).max(366).optional().describe(
    "Days after which an alarm reminds of `audit review` (EV-27); absent: never",
  ),
  diskWarnPercent: z.int().min(50).max(99).default(80).describe("An alarm is raised when the disk is this full"),
  diskFullPercent: z.int().min(51).max(100).default(95).describe(
    "The policy of diskFull acts when the disk is this full",
  ),
  diskFull: z.enum(["refuse-changes", "stop-accepting"]).default("refuse-changes").describe(
    "refuse-changes: charging goes on, changes by people are refused; stop-accepting: new station connections are refused too. Records are never dropped silently",
  ),
});
/** The `audit` section. */
export type AuditConfig = z.infer<typeof AuditConfig>;
