import { toGraphNames } from './graph-names.js';

describe('what an exporter writes', () => {
  it('stays as it is where it is content, however much it looks like the name of a class', () => {
    const settings = {
      powerApps: '@{disableShareWithEveryone=True; enableGuestsToMake=False}',
      senderDomains: ['System.Evil.com', 'System.Collections.com'],
    };
    expect(toGraphNames(settings)).toEqual({ value: settings, cutOff: [] });
  });

  it('is told as cut off where only the name of a class is left', () => {
    const cut = {
      domains: ['Microsoft.Teams.ConfigAPI.Cmdlets.Generated.Models.TenantVerifiedSipDomain'],
      extra: 'System.Collections.Generic.Dictionary`2[System.String,System.Object]',
      list: 'System.Object[]',
    };
    expect(toGraphNames(cut)).toEqual({
      value: { domains: [null], extra: null, list: null },
      cutOff: ['/domains/*', '/extra', '/list'],
    });
  });
});
