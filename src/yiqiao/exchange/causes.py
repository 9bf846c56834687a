"""What can be found wrong, in the words in which it is told: the title names it, the remedy says what to change.

The cost orders causes that explain a message equally well: the lower, the more often it is met in the field.
"""

from yiqiao.exchange.diagnosis import Cause, Words


def _cause(kind: str, cost: int, title: tuple[str, str], remedy: tuple[str, str]) -> Cause:
    return Cause(kind, cost, Words(*title), Words(*remedy))


ORDER = _cause(
    "order",
    10,
    ("参与签名的参数没有按名称 a 到 z 排序", "the parameters are not joined in a–z order of their names"),
    (
        "把参数按名称的 ASCII 码从小到大排序后再拼接（Java 可用 TreeMap，不要用 HashMap 或报文里的顺序）",
        "sort the parameters by the ASCII codes of their names before joining (a TreeMap in Java, not a HashMap)",
    ),
)

EMPTY_KEPT = _cause(
    "empty-kept",
    10,
    ("把没有值的参数也拼进了待签名串", "parameters without a value were kept in the string"),
    ("值为空的参数不参与签名，拼接前先去掉", "leave parameters with an empty value out of the string"),
)

KEY_MISSING = _cause(
    "key-missing",
    10,
    ("待签名串里没有接上密钥", "the secret is missing from the string"),
    ("拼接完参数后，按方案规定接上密钥再计算摘要", "append the secret as the scheme says, then digest"),
)

KEY_TAIL = _cause(
    "key-tail",
    11,
    ("密钥与参数之间的写法不对", "the secret is joined to the parameters in another way"),
    (
        "核对待签名串末尾：密钥前面是否应有 &key= 之类的名称，或应直接相接",
        "look at the end of the string: whether a name like &key= stands before the secret, or nothing",
    ),
)

KEY_MISPLACED = _cause(
    "key-misplaced",
    11,
    ("密钥放错了位置", "the secret stands in the wrong place"),
    (
        "密钥只接在待签名串的末尾，不要放在最前面，也不要当作一个参数参加排序",
        "put the secret at the end only: not in front, and not sorted among the parameters",
    ),
)

KEY_CASE = _cause(
    "key-case",
    12,
    ("签名用的密钥大小写不对", "the secret was used in another case"),
    ("密钥原样使用，不要转换大小写", "use the secret exactly as it was given, without changing its case"),
)

CASE = _cause(
    "case",
    13,
    ("待签名串的大小写与报文不同", "the string was signed in another case than the message has"),
    (
        "参数名和参数值按报文里的原样参与签名，不要转成大写或小写",
        "sign names and values exactly as they stand in the message, without changing their case",
    ),
)

CHARSET = _cause(
    "charset",
    10,
    ("待签名串不是按 UTF-8 取字节（多为 GBK）", "the string was not turned into bytes as UTF-8 (GBK, most often)"),
    (
        "计算摘要时写明编码，例如 Java 用 getBytes(StandardCharsets.UTF_8)",
        "name the charset when digesting, e.g. getBytes(StandardCharsets.UTF_8)",
    ),
)

BOM = _cause(
    "bom",
    14,
    ("待签名串或密钥前面带了字节顺序标记（BOM）", "a byte order mark stands in front of the string or the secret"),
    (
        "去掉 BOM（EF BB BF）；密钥文件请存为“UTF-8 无 BOM”",
        "remove the mark (EF BB BF); save the key file as UTF-8 without it",
    ),
)

NEWLINE = _cause(
    "newline",
    12,
    ("待签名串或密钥里多了换行，或换行被改动", "a line break was added to the string or the secret, or changed"),
    (
        "从文件读密钥后去掉行尾换行；Base64 不要分行；报文内容签名后不要改动换行",
        "strip the line end after reading the key from a file; do not wrap Base64; leave line breaks unchanged",
    ),
)

BLANK = _cause(
    "blank",
    13,
    ("密钥或参数值的空格被多加或去掉了", "blanks were added to or taken from the secret or a value"),
    ("检查密钥首尾空格；参数值原样参与签名", "look for blanks around the secret; sign values as they are"),
)

DIGEST_TYPE = _cause(
    "digest-type",
    14,
    ("实际使用的摘要算法与报文声明的不一致", "another digest was used than the message declares"),
    ("让签名类型与实际算法一致", "make the declared signature type and the digest agree"),
)

KEYED_DIGEST = _cause(
    "keyed-digest",
    25,
    ("用的是 HMAC，而不是把密钥接在串后再做摘要", "an HMAC was used in place of a digest with the secret appended"),
    ("改为“参数串 + 密钥”整体做摘要", "digest the parameters with the secret appended"),
)

URL_ENCODED = _cause(
    "url-encoded",
    14,
    ("参数值经 URL 编码（或解码）后才签名", "values were URL-encoded (or decoded) before they were signed"),
    ("用原始值签名；URL 编码只在传输时做", "sign the raw values; URL encoding belongs to the transport alone"),
)

SIGN_INCLUDED = _cause(
    "sign-included",
    14,
    ("签名字段自己也拼进了待签名串", "the signature's own parameter was part of the string"),
    ("签名字段不参与签名", "leave the signature's own parameter out"),
)

LEFT_OUT = _cause(
    "left-out",
    18,
    ("有的参数没有参与签名", "a parameter of the message was left out of the string"),
    ("除签名字段外，所有有值的公共参数都要参与签名", "sign every public parameter that has a value, but the signature"),
)

JOINED = _cause(
    "joined",
    18,
    ("参数之间的连接符不对", "the parameters are joined by other characters"),
    ("写成 名称=值，之间用 & 连接", "write name=value, joined by &"),
)

KEY_FORM = _cause(
    "key-form",
    18,
    ("签名时没有按原文使用密钥（用了其字节、Base64 或摘要）", "the secret was not used as its text"),
    ("签名时把密钥当作普通字符串直接拼接", "append the secret as the plain text that it is"),
)

SIGNED_OTHER_CONTENT = _cause(
    "plain-signed",
    10,
    ("签名用的是业务参数明文，而这里规定先加密、对密文签名", "the plain content was signed; here the cipher text is"),
    (
        "先加密，再用密文作为业务参数的值参与签名",
        "encipher first, then sign with the cipher text as the content's value",
    ),
)

CIPHER_SIGNED = _cause(
    "cipher-signed",
    10,
    ("签名用的是密文，而这里规定先对明文签名、再加密", "the cipher text was signed; here the plain content is"),
    ("用加密前的业务参数明文参与签名，然后再加密", "sign the plain content, then encipher it"),
)

SIGNED_OTHER_WRITING = _cause(
    "encoding",
    12,
    (
        "签名用的密文写法（十六进制或 Base64）与发送的不同",
        "the cipher text was signed in hex and sent in Base64, or the reverse",
    ),
    ("签名和发送用同一份密文文本", "sign and send one and the same text"),
)

SIGNED_OTHER_JSON = _cause(
    "reserialised",
    20,
    (
        "签名用的 JSON 文本与加密的那份不是同一份（空格、顺序或转义不同）",
        "another JSON text was signed than the one enciphered",
    ),
    ("只序列化一次，签名和加密用同一个字符串", "serialise once; sign and encipher the very same string"),
)

DIGEST_WRITING = _cause(
    "sign-encoding",
    5,
    ("签名值写成了 Base64，应为十六进制", "the digest is written in Base64, it should be hexadecimal"),
    ("把摘要的字节转成十六进制文本", "write the bytes of the digest as hexadecimal text"),
)

FIELD_NAMES = _cause(
    "field-names",
    5,
    ("签名字段的名称与方案不同", "the signature stands in a parameter of another name"),
    (
        "改用方案规定的字段名，或请平台为应用换用相应的方案",
        "use the names of the profile, or have the partner's profile changed",
    ),
)

NO_SIGNATURE = _cause(
    "no-signature",
    5,
    ("报文里没有签名", "the message carries no signature"),
    ("计算签名并填入签名字段", "compute the signature and put it into its field"),
)

WRONG_KEY = _cause(
    "wrong-key",
    40,
    ("密钥不对", "the key is not the one that the sender used"),
    (
        "核对双方的密钥是否属于同一应用、同一环境，以及是否刚更换过",
        "compare the keys of both sides: the same application, the same environment, recently changed?",
    ),
)

WRONG_KEY_OR_CHANGED = _cause(
    "wrong-key",
    41,
    ("密钥不对，或报文在签名之后被改动", "the key is wrong, or the message was changed after it was signed"),
    (
        "先核对密钥；密钥无误时，比对发送前后的报文",
        "compare the keys first; if they agree, compare the message before and after it was sent",
    ),
)

CHANGED = _cause(
    "changed",
    42,
    ("密钥正确，但签名对不上：报文在签名之后被改动，或签名规则不在已知之列", "the key is right, the signature is not"),
    (
        "比对签名前后的参数（时间戳、流水号是否重新生成）；再对照下面的待签名串逐字检查",
        "compare the parameters before and after signing (a timestamp made twice?), then the string below",
    ),
)

DAMAGED = _cause(
    "content-key",
    40,
    (
        "签名正确，但密文不是用这把密钥加密的，或加密前已损坏",
        "the signature holds, the content was enciphered otherwise",
    ),
    ("核对加密用的密钥、算法和模式是否与签名声明的一致", "check key, algorithm and mode of the cipher"),
)

CIPHER_TEXT_BROKEN = _cause(
    "cipher-length",
    30,
    ("密文长度不是分组长度的整数倍，可能被截断", "the cipher text is no multiple of the block; it may be cut off"),
    ("检查密文是否完整，以及是否误用了流模式", "check that the cipher text is whole, and that no stream mode is used"),
)

WRITING = _cause(
    "encoding",
    10,
    (
        "密文的写法不对（十六进制与 Base64 用反了）",
        "the cipher text is written in Base64 where hex is due, or the reverse",
    ),
    ("按加密类型的规定书写密文", "write the cipher text as the cipher's rule says"),
)

PADDING = _cause(
    "padding",
    10,
    ("加密时的填充不对", "the content is padded in another way"),
    ("使用 PKCS#7（PKCS5Padding）填充，只填充一次", "pad with PKCS#7 (PKCS5Padding), once"),
)

KEY_FORM_OF_CIPHER = _cause(
    "cipher-key-form",
    11,
    ("加密用的密钥取法不对", "the cipher's key was made from the secret in another way"),
    (
        "SM4 的密钥是 32 位十六进制密钥解码得到的 16 字节；AES 用密钥的 32 个字符；DES 用前 8 个字符",
        "SM4: the 32 hex digits decoded to 16 bytes; AES: the 32 characters; DES: the first 8 characters",
    ),
)

OTHER_CIPHER = _cause(
    "cipher-type",
    12,
    ("实际使用的加密算法与报文声明的不一致", "another cipher was used than the message declares"),
    ("让 enc_type 与实际算法一致", "make enc_type and the cipher agree"),
)

CIPHER_MODE = _cause(
    "cipher-mode",
    13,
    ("加密模式不对，用了 CBC", "the content was enciphered in CBC mode"),
    ("改用 ECB 模式", "use ECB mode"),
)

NOT_ENCIPHERED = _cause(
    "not-enciphered",
    10,
    ("声明了加密，业务参数却是明文", "a cipher is declared, but the content is plain text"),
    (
        "先加密业务参数，或（方案允许时）把加密类型留空",
        "encipher the content, or leave enc_type empty where the profile allows it",
    ),
)

ENCODED_ONLY = _cause(
    "not-enciphered",
    14,
    ("业务参数只做了十六进制或 Base64 转换，没有加密", "the content is only written in hex or Base64, not enciphered"),
    ("先加密，再转换为文本", "encipher first, then write the bytes as text"),
)

CONTENT_CHARSET = _cause(
    "charset",
    10,
    ("业务参数明文不是 UTF-8（多为 GBK）", "the content's text is not UTF-8 (GBK, most often)"),
    ("加密前按 UTF-8 取字节", "turn the text into bytes as UTF-8 before enciphering"),
)

BODY_CHARSET = _cause(
    "charset",
    5,
    ("报文不是 UTF-8 编码，是 GBK", "the message is not UTF-8, but GBK"),
    ("按 UTF-8 发送报文", "send the message as UTF-8"),
)

CONTENT_BOM = _cause(
    "bom",
    10,
    ("业务参数明文前面带了字节顺序标记（BOM）", "a byte order mark stands in front of the content"),
    ("去掉明文前的 BOM（EF BB BF）", "remove the mark (EF BB BF) in front of the content"),
)

BODY_BOM = _cause(
    "bom",
    10,
    ("报文前面带了字节顺序标记（BOM）", "a byte order mark stands in front of the message"),
    ("去掉报文前的 BOM（EF BB BF）；有的平台不接受", "remove the mark (EF BB BF); some platforms refuse it"),
)

CONTENT_NEWLINE = _cause(
    "newline",
    12,
    ("密文里有换行", "the cipher text contains line breaks"),
    ("密文写成一行（Java 请用不分行的 Base64 编码器）", "write the cipher text in one line"),
)

CONTENT_JSON = _cause(
    "content-json",
    15,
    ("密文可以解密，但明文不是合格的 JSON", "the content can be deciphered, but is not sound JSON"),
    ("按所指位置修正 JSON", "mend the JSON at the place named"),
)

BODY_JSON = _cause(
    "body",
    5,
    ("报文本身无法读取", "the message itself cannot be read"),
    ("按所指位置修正报文", "mend the message at the place named"),
)

NOT_ADMITTED = _cause(
    "algorithm",
    8,
    ("报文声明的签名或加密类型不被接受", "the declared signature type or cipher is not accepted"),
    ("改用方案允许的类型，注意用大写", "use one that the profile admits, in capital letters"),
)

NOT_A_DIGEST = _cause(
    "sign-encoding",
    6,
    ("签名值不是摘要的十六进制或 Base64 文本", "the signature is no digest in hexadecimal or Base64"),
    (
        "签名值应为摘要的十六进制文本：SM3 为 64 位，MD5 为 32 位",
        "write the digest in hex: 64 digits for SM3, 32 for MD5",
    ),
)

UNUSABLE_KEY = _cause(
    "wrong-key",
    7,
    ("密钥不对：它不能用于报文声明的加密类型", "the key is wrong: it cannot be used with the declared cipher"),
    (
        "SM4 和 AES 的密钥为 32 个字符（SM4 为十六进制）",
        "SM4 and AES take a key of 32 characters (hexadecimal for SM4)",
    ),
)
