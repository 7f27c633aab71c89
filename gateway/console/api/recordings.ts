import { z } from "zod";
import { operation } from "./operation.ts";

/** One recorded session. */
export const RecordingRow = z.object({
  id: z.string().describe("The id of the device session"),
  person: z.string(),
  station: z.string(),
  deviceRole: z.string(),
  grant: z.string(),
  since: z.number().describe("Milliseconds since 1970"),
  isFull: z.boolean().describe("It came to its limit: the rest is in the audit alone"),
});
/** One recorded session. */
export type RecordingRow = z.infer<typeof RecordingRow>;

/** Recorded sessions. */
export const listRecordings = operation({
  id: "listRecordings",
  method: "get",
  path: "/recordings",
  tag: "devices",
  summary: "Lists the recorded device sessions, the newest first",
  needs: "device.recordings",
  input: z.object({}),
  output: z.array(RecordingRow),
  call: async (person) => z.array(RecordingRow).parse(await person.ask("device.recordings", {})),
});

/** One request of a recorded session. */
export const RecordedRequest = z.object({
  at: z.number(),
  method: z.string(),
  page: z.string(),
  capability: z.string(),
  decision: z.enum(["allowed", "refused"]),
  rule: z.string(),
  status: z.number(),
  count: z.number(),
  fields: z.array(z.object({ name: z.string(), value: z.string() })).optional().describe("Secrets masked"),
});
/** One request of a recorded session. */
export type RecordedRequest = z.infer<typeof RecordedRequest>;

/** What was done in a recorded session. A post: it needs a fresh proof, and who looks is audited. */
export const replayRecording = operation({
  id: "replayRecording",
  method: "post",
  path: "/recordings/{recording}/replay",
  tag: "devices",
  summary:
    "What was asked in a recorded session, and the fields of its forms with secrets masked; who looks is audited",
  needs: "device.replay",
  input: z.object({ recording: z.string().min(1).max(64) }),
  output: z.object({ recording: RecordingRow, requests: z.array(RecordedRequest) }),
  call: async (person, { recording }) => {
    const replayed = await person.ask("device.replay", { recording });
    return z.object({ recording: RecordingRow, requests: z.array(RecordedRequest) }).parse(replayed);
  },
});
