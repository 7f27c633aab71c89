/** Bytes of a text of hexadecimal digits; everything else in it is for the eye. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => parseInt(byte, 16));
}

/** A request and the answer of a device for every function code, after V1.1b3 section 6. */
export const EXCHANGES: readonly (readonly [number, string, string])[] = [
  [1, "01 0013 0013", "01 03 cd6b05"],
  [2, "02 00c4 0016", "02 03 acdb35"],
  [3, "03 006b 0003", "03 06 022b 0000 0064"],
  [4, "04 0008 0001", "04 02 000a"],
  [5, "05 00ac ff00", "05 00ac ff00"],
  [6, "06 0001 0003", "06 0001 0003"],
  [7, "07", "07 6d"],
  [8, "08 0000 a537", "08 0000 a537"],
  [11, "0b", "0b ffff 0108"],
  [12, "0c", "0c 08 0000 0108 0121 2000"],
  [15, "0f 0013 000a 02 cd01", "0f 0013 000a"],
  [16, "10 0001 0002 04 000a 0102", "10 0001 0002"],
  [17, "11", "11 03 42ff01"],
  [20, "14 0e 06 0004 0001 0002 06 0003 0009 0002", "14 0c 05 06 0dfe 0020 05 06 33cd 0040"],
  [21, "15 0d 06 0004 0007 0003 06af 04be 100d", "15 0d 06 0004 0007 0003 06af 04be 100d"],
  [22, "16 0004 00f2 0025", "16 0004 00f2 0025"],
  [23, "17 0003 0002 000e 0001 02 00ff", "17 04 00fe 0acd"],
  [24, "18 04de", "18 0006 0002 01b8 1284"],
  [43, "2b 0e 01 00", "2b 0e 01 01 00 00 01 00 03 414243"],
];
