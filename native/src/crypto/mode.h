/* How a block cipher goes from one block to the next. */
#ifndef YQ_CRYPTO_MODE_H
#define YQ_CRYPTO_MODE_H

enum yq_mode {
    YQ_ECB, /* each block alone; the IV is not looked at */
    YQ_CBC, /* chained, beginning with the IV, which is as long as a block */
};

#endif
