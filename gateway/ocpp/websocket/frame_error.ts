/** What a peer did against RFC 6455; the names are those of `ws`, so that both kinds of legs are told apart by nothing. */
export type FrameErrorCode =
  | "WS_ERR_EXPECTED_FIN"
  | "WS_ERR_EXPECTED_MASK"
  | "WS_ERR_INVALID_CLOSE_CODE"
  | "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"
  | "WS_ERR_INVALID_OPCODE"
  | "WS_ERR_INVALID_UTF8"
  | "WS_ERR_TOO_MANY_BUFFERED_PARTS"
  | "WS_ERR_UNEXPECTED_MASK"
  | "WS_ERR_UNEXPECTED_RSV_1"
  | "WS_ERR_UNEXPECTED_RSV_2_3"
  | "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH"
  | "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";

/** A frame that breaks RFC 6455 or a limit; `closeCode` is what the peer is told (section 7.4.1). */
export class FrameError extends Error {
  override readonly name = "FrameError";

  constructor(readonly code: FrameErrorCode, readonly closeCode: 1002 | 1007 | 1008 | 1009, message: string) {
    super(`Invalid WebSocket frame: ${message}`);
  }
}
