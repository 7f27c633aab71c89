/** Folders below the data folder that more than one Worker uses, each with the rights that it needs and no others. */
export const dataFolders = ({ dataDir }: { readonly dataDir: string }) => ({
  /** Images of the vault that are verified; the intake writes, whoever serves reads. */
  verifiedImages: `${dataDir}/firmware/verified`,
  /** Sealed files that stations bring for their CSMS. */
  uploads: `${dataDir}/uploads`,
  /** Encrypted ZIPs of such files that people are about to fetch; the intake writes, control removes. */
  handOuts: `${dataDir}/firmware/hand-outs`,
  /** Sealed files that controllers gave out on the gateway's asking. */
  downloads: `${dataDir}/device-files`,
});
