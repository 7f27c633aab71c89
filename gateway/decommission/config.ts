import { z } from "zod";
import { Text } from "../config/values.ts";

/** The `decommissioning` section: who has to agree before something is erased for ever. */
export const DecommissioningConfig = z.strictObject({
  approvals: z.union([z.int().min(1).max(5), z.literal("one-person-decides")], {
    error: "1 to 5, or one-person-decides",
  }).default(1).describe(
    "How many persons other than who asks for it must approve that a station, or this gateway, is decommissioned; " +
      "one-person-decides: none for a station (the gateway itself always needs one), shown in status for ever",
  ),
  approvers: z.array(Text).min(1).max(20).optional().describe(
    "Only these persons' approval counts; absent: that of everybody who may run the command",
  ),
});
/** The `decommissioning` section. */
export type DecommissioningConfig = z.infer<typeof DecommissioningConfig>;
