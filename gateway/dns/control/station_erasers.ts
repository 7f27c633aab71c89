import { entryEraser, type StationEraser } from "../../store/station_eraser.ts";

/** Names that a station was refused, under its id or, before it was known, under its address. */
export const DNS_ERASERS: readonly StationEraser[] = [
  entryEraser({
    name: "dns.denied",
    holds: "names that it asked for and was refused",
    prefix: "dnsDenied",
    isOf: ({ key }, { id, addresses }) => key[1] === "station" ? key[2] === id : addresses.includes(String(key[2])),
  }),
];
