// The options of level SOL_TLS: records are encrypted and decrypted in the kernel.

import { encrypts } from '../attributes.ts'
import { boolean, tlsCryptoInfo, tlsPayloadLength } from '../codecs.ts'
import { option } from '../option.ts'

/** `TLS_RX`: the keys of what is received. Once `TCP_ULP` is `tls`; read without a question it tells version and cipher, with the cipher all. Documentation/networking/tls.rst */
export const TLS_RX = option('TLS_RX', 'SOL_TLS', tlsCryptoInfo, { since: '4.17', meanings: encrypts })
/** `TLS_RX_EXPECT_NO_PAD`: TLS 1.3 records are expected without padding, and decrypted where they are read. Default false. After `TLS_RX`. Documentation/networking/tls.rst */
export const TLS_RX_EXPECT_NO_PAD = option('TLS_RX_EXPECT_NO_PAD', 'SOL_TLS', boolean, {
  since: '6.0',
  meanings: encrypts,
})
/** `TLS_TX`: the keys of what is sent. Once `TCP_ULP` is `tls`; read without a question it tells version and cipher, with the cipher all. Documentation/networking/tls.rst */
export const TLS_TX = option('TLS_TX', 'SOL_TLS', tlsCryptoInfo, { since: '4.13', meanings: encrypts })
/** `TLS_TX_MAX_PAYLOAD_LEN`: the most bytes of plaintext in a record sent: the limit of RFC 8449, of TLS 1.3 less one. Default 16384. Documentation/networking/tls.rst */
export const TLS_TX_MAX_PAYLOAD_LEN = option('TLS_TX_MAX_PAYLOAD_LEN', 'SOL_TLS', tlsPayloadLength, {
  since: '6.19',
  meanings: encrypts,
})
/** `TLS_TX_ZEROCOPY_RO`: sendfile(2) does not copy: the file must not change until it is sent. Devices that encrypt. Default false. Documentation/networking/tls.rst */
export const TLS_TX_ZEROCOPY_RO = option('TLS_TX_ZEROCOPY_RO', 'SOL_TLS', boolean, {
  since: '5.19',
  meanings: encrypts,
})
