import { z } from "zod";
import { SECRET_SLOTS } from "../../policies/secret_schedule.ts";

/** A secret of a controller: an account's password, its recovery code, or the password of its logs. */
export const SecretSlotName = z.enum(SECRET_SLOTS);
