import { type AuditDigest, DIGEST_PARTS, type DigestPart } from "../../../policies/audit_digest.ts";
import type { Delivery } from "../../core/control_api.ts";
import type { NoticeTarget } from "../alarms/notice.ts";
import type { Review } from "./digest_book.ts";
import { DIGEST_LIMITS } from "./limits.ts";

/** A digest with the time that it is about. */
export interface TimedDigest {
  readonly site: string;
  readonly from: number;
  readonly to: number;
  readonly digest: AuditDigest;
  readonly review: Review | undefined;
}

const HEADS: Readonly<Record<DigestPart, string>> = {
  "sign-ins": "Sign-ins that failed",
  "refusals": "Refused, by rule",
  "firmware": "Firmware",
  "restarts": "Restarts",
  "stations": "Security events of stations",
  "changes": "Changes",
  "alarms": "Alarms",
};

/** A digest for people: every part is named, so that "none" is said. */
export function digestText({ site, from, to, digest, review }: TimedDigest): string {
  const parts = DIGEST_PARTS.flatMap((part) => {
    const lines = digest.parts[part];
    if (lines.length === 0) return [`${HEADS[part]}: none`];
    const shown = lines.slice(0, DIGEST_LIMITS.lines).map(({ what, count, by }) =>
      `  ${String(count).padStart(6)}  ${what}${by.length === 0 ? "" : ` (${by.join(", ")})`}`
    );
    const more = lines.length - shown.length;
    return [`${HEADS[part]}:`, ...shown, ...more > 0 ? [`          and ${more} more kinds`] : []];
  });
  const reviewed = review
    ? `Last reviewed by ${review.who} on ${new Date(review.at).toISOString().slice(0, 10)}`
    : "Nobody has reviewed the audit chain yet";
  return [
    `${site}: ${digest.records} records from ${iso(from)} to ${iso(to)}`,
    "",
    ...parts,
    "",
    `${reviewed}. Read it with \`audit export\`, then say so with \`audit review\`.`,
  ].join("\n");
}

/** What a receiver gets: JSON for a webhook, a plain text for a mail. `id` tells repeats apart. */
export function digestDelivery(target: NoticeTarget, timed: TimedDigest, id: string): Delivery {
  const { site, from, to, digest, review } = timed;
  if (target.by === "mail") {
    const subject = `[${site}] audit digest: ${digest.records} records until ${iso(to).slice(0, 10)}`;
    return { kind: "mail", sink: target.id, subject, text: digestText(timed) };
  }
  const parts = Object.fromEntries(
    DIGEST_PARTS.map((part) => [part, digest.parts[part].slice(0, DIGEST_LIMITS.lines)]),
  );
  const body = { id, site, notice: "digest", from: iso(from), to: iso(to), records: digest.records, parts };
  const reviewed = review ? { reviewed: { who: review.who, at: iso(review.at) } } : {};
  return { kind: "webhook", sink: target.id, body: JSON.stringify({ ...body, ...reviewed }) };
}

const iso = (at: number): string => new Date(at).toISOString().slice(0, 19) + "Z";
