/** Microsoft's clouds: the only places that a tenant's own connection can name, so that nobody chooses where a credential is sent. */
export const CONNECTION_CLOUDS = ['global', 'us-government', 'us-dod', 'china'] as const;
export type ConnectionCloud = (typeof CONNECTION_CLOUDS)[number];

export interface CloudAddresses {
  /** Root of the authority without tenant or trailing slash. */
  authorityRoot: string;
  /** Graph's root with version. */
  graphBaseUrl: string;
}

export const CLOUD_ADDRESSES: Readonly<Record<ConnectionCloud, CloudAddresses>> = {
  global: { authorityRoot: 'https://login.microsoftonline.com', graphBaseUrl: 'https://graph.microsoft.com/v1.0' },
  'us-government': {
    authorityRoot: 'https://login.microsoftonline.us',
    graphBaseUrl: 'https://graph.microsoft.us/v1.0',
  },
  'us-dod': {
    authorityRoot: 'https://login.microsoftonline.us',
    graphBaseUrl: 'https://dod-graph.microsoft.us/v1.0',
  },
  china: {
    authorityRoot: 'https://login.partner.microsoftonline.cn',
    graphBaseUrl: 'https://microsoftgraph.chinacloudapi.cn/v1.0',
  },
};
