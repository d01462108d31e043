/** NAME@DOMAIN (RFC 5321 section 4.1.2), without quoted names, comments and address literals. */
export const MAILBOX = /^[^\s<>"(),:;@[\\\]\p{C}]{1,64}@[A-Za-z0-9.-]{1,253}$/u;
