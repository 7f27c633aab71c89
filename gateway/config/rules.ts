import { CSMS_RULES } from "./rules_csms.ts";
import { DHCP_RULES } from "./rules_dhcp.ts";
import { DELIVERY_RULES } from "./rules_delivery.ts";
import { FIRMWARE_RULES } from "./rules_firmware.ts";
import { MODBUS_SITE_RULES } from "./rules_modbus.ts";
import { DNS_SITE_RULES } from "./rules_dns.ts";
import { FIRMWARE_IMAGE_RULES } from "./rules_firmware_images.ts";
import { NETWORK_RULES } from "./rules_network.ts";
import { OCPP_RULES } from "./rules_ocpp.ts";
import { DEVICE_ACCOUNT_RULES } from "./rules_device_accounts.ts";
import { DEVICE_PAGES_RULES } from "./rules_device_pages.ts";
import { PEOPLE_RULES } from "./rules_people.ts";
import { SEGMENTATION_SITE_RULES } from "./rules_segmentation.ts";
import { STATION_RULES } from "./rules_stations.ts";
import { SWITCHES_SITE_RULES } from "./rules_switches.ts";
import { TIME_SITE_RULES } from "./rules_time.ts";
import { UPLINK_RULES } from "./rules_uplink.ts";
import { VAULT_RULES } from "./rules_vault.ts";
import type { SiteRule } from "./site_rule.ts";

/** Every check across keys, in the order people read site.yaml. */
export const SITE_RULES: readonly SiteRule[] = [
  ...NETWORK_RULES,
  ...UPLINK_RULES,
  ...PEOPLE_RULES,
  ...STATION_RULES,
  ...DEVICE_ACCOUNT_RULES,
  ...DEVICE_PAGES_RULES,
  ...OCPP_RULES,
  ...CSMS_RULES,
  ...MODBUS_SITE_RULES,
  ...DHCP_RULES,
  ...DELIVERY_RULES,
  ...DNS_SITE_RULES,
  ...FIRMWARE_RULES,
  ...TIME_SITE_RULES,
  ...SEGMENTATION_SITE_RULES,
  ...FIRMWARE_IMAGE_RULES,
  ...SWITCHES_SITE_RULES,
  ...VAULT_RULES,
];
