import { UpstreamError } from "../../core/errors.ts";
import { type StreamWatch, watchedStream } from "../../core/watched_stream.ts";
import { FIRMWARE_LIMITS } from "../limits.ts";

/** What a fetch is watched with; the signal ends all fetches of this Worker. */
export type FetchWatch = Required<StreamWatch>;

/**
 * Watches a stream from somebody else. `close` ends the connection; it is called once, whatever happens.
 * @throws UpstreamError FIRMWARE_FETCH_FAILED
 */
export async function* guarded(
  parts: AsyncIterable<Uint8Array>,
  where: string,
  watch: FetchWatch,
  close: () => void,
): AsyncGenerator<Uint8Array> {
  const { fetchMs, ...patience } = FIRMWARE_LIMITS;
  try {
    yield* watchedStream(parts, { ...patience, totalMs: fetchMs }, watch, close);
  } catch (error) {
    throw error instanceof UpstreamError ? error : fetchFailed(where, error);
  }
}

/** The one error of a fetch that did not end well. */
export function fetchFailed(where: string, cause: unknown): UpstreamError {
  return new UpstreamError("FIRMWARE_FETCH_FAILED", `Cannot fetch ${where}`, {
    cause,
    hint: "Check from this box that the host answers and has the file; the image so far was thrown away",
  });
}
