import type { Answers } from "./console_rig.ts";

/** What control says of the badges of the garage in console_answers.ts. */
export const BADGE_ANSWERS: Answers = {
  "command badge list": [{
    ...{ list: "blocked", hash: "3f9c01ab", note: "lost on 21 November", since: "2026-11-21T09:00:00.000Z" },
    ...{ until: null, renewedBy: "77aa10ce" },
  }, {
    ...{ list: "blocked", hash: "90b1d2e3", note: "on holiday", since: "2026-11-20T09:00:00.000Z" },
    ...{ until: "2026-12-31T22:59:59.000Z", renewedBy: null },
  }, {
    ...{ list: "listed", hash: "77aa10ce", note: "fleet van 3", since: "2026-11-21T09:00:00.000Z" },
    ...{ until: null, renewedBy: null },
  }],
  "command badge allow": { text: "Listed.", data: { listed: true } },
  "command badge block": { text: "Blocked: every station is told so from now on.", data: { blocked: true } },
  "command badge forget": { text: "Off the list.", data: {} },
  "command badge import": { text: "2 badges are on the list of blocked ones.", data: {} },
  "command badge renew": { text: "Blocked. The new one stands on the site's list.", data: {} },
  "command badge unblock": { text: "Off the block list.", data: {} },
};
