-- title: 购药渠道
-- english: Drug orders by channel
-- chart: bar
-- about: 购药订单，按月与渠道计；渠道代码照对接方案 reconstructed
-- says: Drug orders by month and channel; the codes are those of the profile reconstructed
-- by: channel
SELECT month, count(*) AS orders,
       CASE channelType WHEN 1 THEN '微信公众号' WHEN 2 THEN '支付宝窗口' WHEN 3 THEN '手机 APP' WHEN 4 THEN '网站'
                        WHEN 6 THEN '医院窗口' WHEN 7 THEN '自助终端' ELSE coalesce('其他 ' || channelType, '未填') END AS channel
FROM purchase GROUP BY ALL ORDER BY month, channel
