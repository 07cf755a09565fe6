/** A row of ScubaGear's verdict that ours can't equal, and why. The test fails when one becomes equal. */
interface DifferentRow {
  row: string;
  theirs: string;
  ours: string;
  reason: string;
}

export const CANNOT_BE_EQUAL: DifferentRow[] = [
  {
    row: '2023-03-21 AAD 2.4 Phishing-resistant MFA SHALL',
    theirs: 'not-assessed',
    ours: 'not-met',
    reason: 'ScubaGear 0.3 could not decide it yet; the policies that it exported show that none asks for it.',
  },
  {
    row: '2023-11-15 MS.AAD.7.2v1',
    theirs: 'not-assessed',
    ours: 'not-met',
    reason:
      'ScubaGear 1.0 could not decide it yet; the users that it exported do: 2 Global Administrators and 1 other.',
  },
  {
    row: '2024-04-03 MS.AAD.3.5v1',
    theirs: 'not-met',
    ours: 'not-assessed',
    reason:
      'Its own details say that the control does not apply before the migration; 1.3 no longer counts that as failed.',
  },
  {
    row: '2025-02-12 MS.AAD.5.4v1',
    theirs: 'not-assessed',
    ours: 'not-met',
    reason: 'ScubaGear 1.5 took the control back; by the same version of it 1.3 failed the same settings in June 2024.',
  },
  {
    row: '2025-02-12 MS.AAD.6.1v1',
    theirs: 'not-met',
    ours: 'met',
    reason:
      'Its one domain was exported as an object and not a list, in which ScubaGear found no domain; ours reads a list of one.',
  },
];

/** The ids of ScubaGear 0.3 (March 2023), told apart by their first words, and what became of them. */
export const FIRST_SCHEME: { requirement: string; control: string | null; version: number }[] = [
  { requirement: 'AAD 2.1 Legacy authentication', control: 'MS.AAD.1.1', version: 1 },
  { requirement: 'AAD 2.2 Users detected as high risk', control: 'MS.AAD.2.1', version: 1 },
  { requirement: 'AAD 2.2 A notification', control: 'MS.AAD.2.2', version: 1 },
  { requirement: 'AAD 2.3 Sign-ins detected', control: 'MS.AAD.2.3', version: 1 },
  { requirement: 'AAD 2.4 Phishing-resistant MFA SHALL', control: 'MS.AAD.3.1', version: 1 },
  { requirement: 'AAD 2.4 MFA SHALL be required', control: 'MS.AAD.3.2', version: 1 },
  // A list of methods that were good enough in the meantime; the baseline has had nothing like it since.
  { requirement: 'AAD 2.4 If phishing-resistant MFA', control: null, version: 0 },
  { requirement: 'AAD 2.4 SMS or Voice', control: 'MS.AAD.3.5', version: 1 },
  { requirement: 'AAD 2.5 The following critical logs', control: 'MS.AAD.4.1', version: 1 },
  { requirement: 'AAD 2.5 The logs SHALL be sent', control: 'MS.AAD.4.1', version: 1 },
  { requirement: 'AAD 2.6 Only administrators', control: 'MS.AAD.5.1', version: 1 },
  { requirement: 'AAD 2.7 Only administrators', control: 'MS.AAD.5.2', version: 1 },
  { requirement: 'AAD 2.7 An admin consent workflow', control: 'MS.AAD.5.3', version: 1 },
  { requirement: 'AAD 2.7 Group owners', control: 'MS.AAD.5.4', version: 1 },
  { requirement: 'AAD 2.8 User passwords', control: 'MS.AAD.6.1', version: 1 },
  { requirement: 'AAD 2.9 Sign-in frequency', control: 'AAD.2.9', version: 0 },
  { requirement: 'AAD 2.10 Browser sessions', control: 'AAD.2.10', version: 0 },
  { requirement: 'AAD 2.11 A minimum of two', control: 'MS.AAD.7.1', version: 0 },
  { requirement: 'AAD 2.12 Users that need', control: 'MS.AAD.7.3', version: 1 },
  { requirement: 'AAD 2.13 MFA SHALL be required', control: 'MS.AAD.3.6', version: 0 },
  { requirement: 'AAD 2.14 Permanent active', control: 'MS.AAD.7.4', version: 1 },
  { requirement: 'AAD 2.14 Provisioning of users', control: 'MS.AAD.7.5', version: 1 },
  { requirement: 'AAD 2.15 Activation of highly', control: 'MS.AAD.7.6', version: 0 },
  { requirement: 'AAD 2.16 Eligible and Active', control: 'MS.AAD.7.7', version: 1 },
  { requirement: 'AAD 2.16 User activation of the Global', control: 'MS.AAD.7.8', version: 1 },
  { requirement: 'AAD 2.16 User activation of other', control: 'MS.AAD.7.9', version: 1 },
  { requirement: 'AAD 2.17 Managed devices', control: 'MS.AAD.3.7', version: 1 },
  { requirement: 'AAD 2.18 Guest users', control: 'MS.AAD.8.1', version: 1 },
  { requirement: 'AAD 2.18 Only users with', control: 'MS.AAD.8.2', version: 1 },
  { requirement: 'AAD 2.18 Guest invites', control: 'MS.AAD.8.3', version: 1 },
];
