import { connectHald } from "../../hal/client.ts";
import { systemClock } from "../core/clock.ts";
import { systemTimers } from "../core/timers.ts";
import type { AskSerialDevices } from "./check_serial.ts";

/** Time for hald to answer: it only looks into /dev. */
const DEADLINE_MS = 3_000;

/** Asks the hald of this box. */
export const askSerialDevices: AskSerialDevices = async (socket) => {
  const hald = connectHald(socket, { clock: systemClock, timers: systemTimers });
  try {
    return (await hald.call("serial.list", {}, { deadlineMs: DEADLINE_MS })).devices;
  } finally {
    hald.close();
  }
};
