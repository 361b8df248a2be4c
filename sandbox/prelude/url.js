import URL from 'core-js-pure/stable/url';
import URLSearchParams from 'core-js-pure/stable/url-search-params';

/** Evaluated by the guest on the first use of either name (see lazy-url.js). */
export { URL, URLSearchParams };
