/** The wire of DNS: pure, total, bounded; throws ProtocolError DNS_MALFORMED only. The parts stand in codec_*.ts. */
export { type AnswerTemplate, sendAnswer, sendFormatError, type Sending, writeAnswer } from "./codec_answer.ts";
export { CLASS_IN, EXTENDED_ERRORS, RCODES, typeName, typeNumber, TYPES } from "./codec_constants.ts";
export { nameBytes, readName } from "./codec_name.ts";
export { decodeQuery, type DnsQuery, encodeQuery, idOfQuery } from "./codec_query.ts";
export { addressOf, chainOf, decodeResponse, type DnsRecord, type DnsResponse, negativeTtl } from "./codec_response.ts";
