import type { AuditClass } from "../../core/control_api.ts";
import type { Clock } from "../../core/clock.ts";
import type { LineFields } from "./chain.ts";
import { AUDIT_LIMITS } from "./limits.ts";
import type { Segment, SegmentFiles } from "./segments.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Days that records of each class are kept. */
export type Retention = Readonly<Record<AuditClass, number>>;

/** What retention needs: `announce` chains the fact and signs a checkpoint over it before anything is removed. */
export interface RetentionOptions {
  readonly files: SegmentFiles;
  readonly clock: Clock;
  readonly announce: (fields: LineFields) => Promise<void>;
  /** Where each class stands: the last sequence number that expired. Kept in the store. */
  readonly marks: { get(): Promise<Marks>; set(marks: Marks): Promise<void> };
}

/** Last expired sequence number per class. */
export type Marks = Readonly<Partial<Record<AuditClass, number>>>;

/**
 * One look at what has expired. A segment's records of one class become stubs when all of them are older than the class
 * allows; a segment goes when it is the oldest and older than every class allows. The chain says so first.
 */
export async function expireSegments(retention: Retention, options: RetentionOptions): Promise<void> {
  const { files, clock } = options;
  const ages = Object.values(retention);
  const longest = Math.max(...ages) * DAY_MS;
  const closed = () =>
    files.segments.slice(0, -1).map((segment, index) => ({ segment, next: files.segments[index + 1]! }));
  for (let done = 0; done < AUDIT_LIMITS.expirySegments; done++) {
    const [oldest] = closed();
    if (!oldest || clock.now() - oldest.next.startedAt <= longest) break;
    await removeOldest(oldest.segment, oldest.next, options);
  }
  for (const [name, days] of Object.entries(retention) as [AuditClass, number][]) {
    let marks = await options.marks.get();
    const due = closed().filter(({ next }) =>
      next.first - 1 > (marks[name] ?? 0) && clock.now() - next.startedAt > days * DAY_MS
    );
    for (const { segment, next } of due.slice(0, AUDIT_LIMITS.expirySegments)) {
      await expireClass(name, segment, next, options);
      await options.marks.set(marks = { ...marks, [name]: next.first - 1 });
    }
  }
}

async function expireClass(of: AuditClass, segment: Segment, next: Segment, options: RetentionOptions): Promise<void> {
  const span = { from: segment.first, to: next.first - 1 };
  await options.announce({ event: "audit.segment.expired", scope: "class", of, ...span });
  const current = options.files.segments.find((item) => item.path === segment.path)!;
  await options.files.expire(current, (line) => line.class === of);
}

async function removeOldest(segment: Segment, next: Segment, options: RetentionOptions): Promise<void> {
  const prev = await options.files.lastHashBefore(next);
  const span = { from: segment.first, to: next.first - 1 };
  await options.announce({ event: "audit.segment.expired", scope: "segment", ...span, chain: prev });
  await options.files.remove(segment);
}
