/**
 * Settings of Bender and ebee controllers (CC612, CC613, ICC13xx and what is built with them), by the place in the
 * maker's pages (layout of UI 2.0, firmware 5.2x; passwords and master card: documentation 5.33, advisory CVE-2026-8980).
 * One name serves in four places: persistency file, JSON key, form field and, without its module, mostly the OCPP key.
 * The role is the least that may write a setting; where the layout names none, ours is the stricter reading of the
 * maker's menus. Form: KeyTable in policies/device_key.ts.
 */
export const BENDER_KEYS = {
  modules: [
    ...["15118", "branding", "cache", "custom", "diag", "dl", "dlm", "dlmc", "eebus", "energyman", "er", "fll", "hmi"],
    ...["hotspot", "meter", "modbus_slave", "modem", "mon", "ms", "ntp", "ocpp", "rcmb", "rest", "semp_gateway"],
    ...["tcpip", "usbhotplug", "vehicleif", "web", "wlan"],
  ],
  endings: ["_2", "_default"],
  groups: [
    {
      group: "network > gsm",
      role: "installer",
      keys: [
        ...["APN_modem", "APNUsername_modem", "NetworkOperSelMode_modem", "NetworkType_modem"],
        ...["ReqNetworkOperator_modem", "NetworkOperNameFormat_modem", "WANRouter_tcpip", "GSM_PPP_MTU_modem"],
      ],
    },
    { group: "network > gsm", role: "installer", secret: true, keys: ["APNPassword_modem", "SIMCardPinNumber_modem"] },
    { group: "network > gsm", role: "manufacturer", keys: ["WebUIEnabledGSM_modem"] },
    {
      group: "network > lan",
      role: "manufacturer",
      lockout: ["0", "off", "false", "no", "disabled"],
      keys: ["WebUIEnabledLAN_tcpip"],
    },
    {
      group: "network > lan",
      role: "installer",
      lockout: ["*"],
      keys: [
        ...["NetworkConfig_mode_tcpip", "NetworkConfigStaticAddress_tcpip", "NetworkConfigStaticNetmask_tcpip"],
        ...["NetworkConfigStaticGateway_tcpip", "NetworkConfigStaticDNS_tcpip"],
      ],
    },
    {
      group: "network > lan",
      role: "installer",
      keys: [
        ...["NetworkConfigDHCPRetries_tcpip", "NetworkConfigDHCPTimeout_tcpip", "NetworkConfigDHCPDelay_tcpip"],
        "NetworkConfigDHCPHostname_tcpip",
      ],
    },
    {
      group: "network > usb",
      role: "installer",
      keys: ["USBShowHideConfiguration_dl", "USBAdditionalIP_dl", "USBAdditionalGW_dl", "USBAdditionalDNS_dl"],
    },
    {
      group: "network > wlan",
      role: "installer",
      keys: [
        ...["Enabled_wlan", "WLANSSID_wlan", "NetworkConfig_mode_wlan", "NetworkConfigStaticAddress_wlan"],
        ...["NetworkConfigStaticNetmask_wlan", "NetworkConfigStaticGateway_wlan", "NetworkConfigStaticDNS_wlan"],
        ...["NetworkConfigDHCPRetries_wlan", "NetworkConfigDHCPTimeout_wlan", "NetworkConfigDHCPDelay_wlan"],
        "NetworkConfigDHCPHostname_wlan",
      ],
    },
    { group: "network > wlan", role: "installer", secret: true, keys: ["WLANPassword_wlan", "Password_hotspot"] },
    {
      group: "network > wifi_hotspot",
      role: "installer",
      keys: [
        ...["Enabled_hotspot", "SSID_hotspot", "Encryption_hotspot", "Subnet_hotspot", "Netmask_hotspot"],
        "DHCPEnabled_hotspot",
      ],
    },
    {
      group: "network > ntp",
      role: "installer",
      keys: [
        "NTPEnableDisableConfiguration_ntp",
        "NTPServer1_ntp",
        "NTPServer2_ntp",
        "NTPServer3_ntp",
        "NTPServer4_ntp",
      ],
    },
    { group: "backend > connection", role: "installer", keys: ["Type_dl"] },
    {
      group: "backend > ocpp",
      role: "installer",
      lockout: ["*"],
      keys: ["ChargePointID_ocpp", "TCP_IP_MODE_V2_tcpip", "SoapOCPPBackendURL_tcpip", "JsonOCPPBackendURL_tcpip"],
    },
    {
      group: "backend > ocpp",
      role: "installer",
      keys: [
        ...["SSLLocalMode_tcpip", "SoapOCPPChargePointServerPort_tcpip", "BackendWhitelistSOAP_tcpip"],
        ...["ChargePointPublicAddress_tcpip", "ChargePointPublicAddress_mode_tcpip", "WebsocketsProxyURL_tcpip"],
      ],
    },
    {
      group: "backend > ocpp",
      role: "installer",
      secret: true,
      keys: ["WANRouterPassword_tcpip", "HTTPBasicAuthPassword_tcpip"],
    },
    {
      group: "backend > ocpp",
      role: "operator",
      keys: [
        ...["WebSocketsKeepAliveInterval_tcpip", "ForceHeartBeat_ocpp", "InfoStatusNotifications_ocpp"],
        ...["ErrorStatusNotifications_ocpp", "UsbErrorStatusNotifications_ocpp", "StatusNotificationStrategy_ocpp"],
        ...["PreparingUntilStateC_ocpp", "AllowLongOcppGetConfKeys_ocpp", "OcppQueueFullAsErrorState_ocpp"],
        "ForceStateCon1AvailBtn_ocpp",
      ],
    },
    { group: "backend > other", role: "installer", keys: ["SSLAuthMode_tcpip"] },
    {
      group: "backend > other",
      role: "operator",
      keys: [
        ...["ConnectionTimeOut_ocpp", "TransactionMessageAttempts_ocpp", "EichrechtTransactionMessageAttempts_ocpp"],
        ...["TcpWatchdogTimeout_tcpip", "DisconnectAsError_ocpp"],
      ],
    },
    {
      group: "backend > meter",
      role: "manufacturer",
      keys: [
        ...["Config_meter", "OcppMeterIPAddress_meter", "OcppMeterTCPPortNumber_meter", "S0MeterPulsesPerKWh_meter"],
        "ResetMeterValues_ocpp",
      ],
    },
    {
      group: "backend > meter",
      role: "operator",
      keys: [
        ...["SignedMeterValues_ocpp", "SignedMeterValuesFormat_ocpp", "HTBSendMeterPublicKey_ocpp"],
        ...["TariffAndUsageDataTransfer_ocpp", "MeterValuesSampledData_meter", "MeterValueSampleInterval_meter"],
        ...["MeterValuesAlignedData_meter", "ClockAlignedDataInterval_meter", "RetransmitMeterValues_ocpp"],
      ],
    },
    {
      group: "authorization > free_charging",
      role: "operator",
      keys: [
        "FreeCharging_vehicleif",
        "FreeChargingMode_ocpp",
        "RfidTagFreeCharging_ocpp",
        "IfInDoubtAllowCharging_ocpp",
      ],
    },
    {
      group: "authorization > general",
      role: "operator",
      keys: [
        ...["VehicleConnectionTimeout_ocpp", "AuthorizeRemoteStarts_ocpp", "StopTransactionMode_ocpp"],
        "LockActuatorIfAuthorized_vehicleif",
      ],
    },
    { group: "authorization > rfid_settings", role: "operator", keys: ["OCPPIDTagLetterCase_ocpp", "RFIDEnable_hmi"] },
    { group: "authorization > rfid_settings", role: "user", keys: ["DisplayLanguage_hmi"] },
    {
      group: "authorization > rfid_settings",
      role: "installer",
      keys: ["EnforceMasterRFID_custom", "EnforceSecureRFID_custom"],
    },
    {
      group: "authorization > lists",
      role: "operator",
      secret: true,
      keys: ["FllList_fll", "CacheList_cache"],
    },
    {
      group: "authorization > lists",
      role: "operator",
      keys: [
        ...["FllCfg_fll", "FLLFillMode_fll", "UseCache_ocpp", "CacheExpiryOption_cache", "CacheFillMode_cache"],
        ...["LocalPreAuthorize_ocpp", "LocalAuthorizeOffline_ocpp"],
      ],
    },
    {
      group: "authorization > hlc_15118",
      role: "installer",
      keys: [
        ...["HlcConfig_15118", "Ocpp16Extension_15118", "HlcLogging_15118", "AutochargeConfig_15118"],
        "MACEVCCIDPrefix_15118",
      ],
    },
    {
      group: "loadmanagement > local",
      role: "installer",
      safety: true,
      keys: [
        ...["OperatorCurrentLimit_vehicleif", "InputPowerLimit_energyman", "InputCurrentLimit_energyman"],
        ...["SmartChargingUseDisconnectedLimit_energyman", "SmartChargingDisconnectedLimit_energyman"],
      ],
    },
    {
      group: "loadmanagement > modbus",
      role: "installer",
      keys: [
        ...["TCPConfigOnOff_modbus_slave", "TCPPortNumber_modbus_slave", "RegAddrSet_modbus_slave"],
        ...["AllowStartStop_modbus_slave", "AllowUIDDisclose_modbus_slave"],
      ],
    },
    { group: "loadmanagement > sempgateway", role: "installer", keys: ["SempGateway*"] },
    { group: "loadmanagement > eebus", role: "installer", keys: ["EEBUS*"] },
    {
      group: "loadmanagement > dynamic_load_management",
      role: "installer",
      safety: true,
      keys: [
        ...["DlmAlgoSampleRate_dlm", "DlmAllowEVWakeup_dlm", "DlmClearPersistentSlavesButton_dlm"],
        ...["DlmCurrImbalanceLimit_dlm", "DlmCurrImbalanceLimitEnabled_dlm", "DlmDisconnectedLimit_dlm"],
        ...["DlmDiscoveryDisableBroadcast_dlm", "DlmDiscoveryNetworkId_dlm", "DlmExternalLoadAvgLen_dlm"],
        ...["DlmExternalLoadFallback_dlm", "DlmExternalLoadHeadroom_dlm", "DlmExternalMeterEnabled_dlm"],
        ...["DlmExternalMeterLocation_dlm", "DlmExternalMeterMainDistLimit_dlm", "DlmITNetworkEnabled_dlm"],
        ...["DlmMasterIp_dlm", "DlmMinCurrentRating_dlm", "DlmMode_dlm", "DlmOperatorLimit_dlm", "DlmPhaseLimit_dlm"],
        ...["DlmTimeTableEnabled_dlm", "DlmInput*", "ConfigSecond_meter", "SecondMeterIPAddress_meter"],
        "SecondMeterTCPPortNumber_meter",
      ],
    },
    {
      group: "loadmanagement > hierarchical_dlm",
      role: "installer",
      safety: true,
      keys: [
        ...["DlmCMode_dlmc", "DlmcMqttBrokerAddress_dlmc", "DlmcMqttBrokerPort_dlmc", "DlmcAddress_dlmc"],
        ...["DlmcMaximumFallbackCurrent_dlmc", "DlmcPublishConstraints_dlmc", "DlmcConstraint*"],
      ],
    },
    { group: "loadmanagement > aski", role: "installer", keys: ["MennekesASKI_energyman", "MennekesASKIIP_energyman"] },
    {
      group: "installation",
      role: "installer",
      safety: true,
      keys: [
        ...["InstallationCurrentLimit_vehicleif", "MainsFrequency_custom", "PhasesNumber_custom"],
        ...["PhaseRotationInternal_energyman", "PhaseRotationITInternal_energyman", "RestartAfterPowerLoss_ocpp"],
        ...["LockActuatorPermanently_vehicleif", "TempDelta_mon", "RCMBThreshold_rcmb", "RCMBDelta"],
      ],
    },
    {
      group: "installation",
      role: "manufacturer",
      safety: true,
      keys: ["EnableVoltageCheck_mon", "Voltage*", "TiltSensor_mon"],
    },
    {
      group: "system > general",
      role: "operator",
      keys: [
        ...["EbeeAppTimezone_custom", "LocalTimeToReboot_mon", "DaysToReboot_mon", "LedBrightness_hmi"],
        "SoundEnable_hmi",
      ],
    },
    {
      group: "system > general",
      role: "installer",
      keys: [
        ...["RestInterfaceEnable_rest", "LogLevel_custom", "LogDownloadButton_custom", "TcpdumpInterface_diag"],
        "TcpdumpStartBtn_diag",
      ],
    },
    { group: "system > general", role: "manufacturer", keys: ["ResetToDefaultsRFID_custom", "MasterSlaveMode_ms"] },
    {
      group: "system > usb_security",
      role: "manufacturer",
      keys: [
        ...["UsbFieldEngineer_usbhotplug", "UsbConfigUpdate_usbhotplug", "UsbFirmwareUpdate_usbhotplug"],
        "UsbScriptExec_usbhotplug",
      ],
    },
    { group: "system > usb_security", role: "manufacturer", secret: true, keys: ["UsbInstallerPassword_usbhotplug"] },
    { group: "system > password", role: "user", secret: true, rolePassword: true, keys: ["UserPwdPlain_custom"] },
    {
      group: "system > password",
      role: "operator",
      secret: true,
      rolePassword: true,
      keys: ["OperatorPwdPlain_custom"],
    },
    { group: "system > password", role: "operator", keys: ["EnforcePwdChange_custom"] },
    {
      group: "system > password",
      role: "manufacturer",
      secret: true,
      rolePassword: true,
      keys: ["ManufacturerPwd_custom"],
    },
    {
      group: "system > password",
      role: "manufacturer",
      secret: true,
      rolePassword: true,
      keys: ["*Pwd*", "*Password*", "*Puk*"],
    },
    { group: "system > web", role: "manufacturer", keys: ["WebUI*", "Usb*"] },
    { group: "system > language", role: "user", keys: ["WebUILanguage_web"] },
    {
      group: "devel",
      role: "dev",
      keys: [
        ...["AllowFirmwareDowngrade_custom", "SimCharging_vehicleif", "DisableFrequencyCheck_mon"],
        ...["DisableVoltageCheck_mon", "InvalidRFIDFilter_custom", "EmcTest_custom", "SSH*"],
      ],
    },
    { group: "devel", role: "dev", lockout: ["*"], keys: ["WebUIStyle_web"] },
  ],
} as const;
