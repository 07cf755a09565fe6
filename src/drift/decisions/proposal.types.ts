export type ProposalKind = 'decision' | 'ignore-rule' | 'baseline';
export type ProposalStatus = 'pending' | 'approved' | 'declined' | 'withdrawn';
