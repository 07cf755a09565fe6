/**
 * What is a secret by how it looks, in a text that somebody wrote. Each form ends after so many characters: what a stranger sends is looked
 * through in time that grows with its length and no faster.
 */
const FORMS = [
  // Our own, by their prefix.
  String.raw`\b(?:whs(?:ec|k)|bxs(?:cim)?)_[\w+/=-]+`,
  // Tokens that are signed or encrypted.
  String.raw`(?<![\w-])eyJ[\w-]{2,4096}\.(?:eyJ)?[\w-]*\.[\w.-]*`,
  // A private key to its end, or to the end of the text where that was cut off.
  String.raw`-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|$)`,
  // https://user:secret@host, postgres://user:secret@host
  String.raw`(?<=\b[a-z][a-z\d+.-]{1,15}:\/\/[^\s:/@]{0,128}:)[^\s/@]{1,256}(?=@)`,
  // What issuers mark as theirs: Entra ID, GitHub, Slack, Google, npm.
  String.raw`\b[\w~.-]{3}\dQ~[\w~.-]{31,34}`,
  String.raw`\b(?:gh[pousr]_|github_pat_|xox[abeoprs]-|AIza|npm_)[\w-]{16,255}`,
  // password=…, AccountKey=…, "client_secret":"…"; what follows a colon or `Bearer` is a word more often than a secret, unless it has a digit.
  String.raw`(?<=\b(?:${[
    'password',
    'passwd',
    'passphrase',
    'pwd',
    '(?:client|app|shared)?[-_ ]?secret',
    '(?:api|account|access|private|shared[-_ ]?access)[-_ ]?key',
    '(?:access|refresh|id|auth|sas|bearer)?[-_ ]?token',
    'sharedaccesssignature',
    'sig',
  ].join('|')})["']?(?: ?= ?["']?| ?: ?["']?(?=[^\s,;&"']{0,64}\d)))[^\s,;&"']{3,1024}`,
  String.raw`(?<=\b(?:bearer|basic|dpop) )(?=[\w.~+/-]{0,64}[\d=])[\w.~+/-]{8,4096}=*`,
];
const SECRET = new RegExp(FORMS.join('|'), 'gi');
/** Of each form something that most texts don't have. */
const MAY_HAVE_ONE =
  /[=~]|:\/\/[^\s/]*@|(?:passw|phrase|pwd|secret|key|token|sig)\w{0,16}["']? ?:|eyJ|[a-z]_|-----|xox[a-z]-|AIza|\b(?:bearer|basic|dpop) /i;

/** Whether there could be a secret in a text, or in one that it is part of as it stands. */
export function mayHaveSecret(text: string): boolean {
  return MAY_HAVE_ONE.test(text);
}

/** The text with each secret in it replaced. */
export function replaceSecrets(text: string, by: (secret: string) => string): string {
  return mayHaveSecret(text) ? text.replace(SECRET, by) : text;
}
