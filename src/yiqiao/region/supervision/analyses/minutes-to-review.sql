-- title: 从开方到药师审核的分钟数
-- english: Minutes from prescription to review
-- chart: line
-- about: 开方时间到药师审核签名时间，中位数与九成处方以内，按月
-- says: From the prescription to the pharmacist's signature, by month; the median, and what nine in ten stay under
SELECT month, round(median(minutes), 1) AS median, round(quantile_cont(minutes, 0.9), 1) AS nine_in_ten
FROM (SELECT month, createTime, unnest(sign) AS item FROM recipe),
  LATERAL (SELECT date_diff('second', createTime, TRY_CAST(item.signTime AS TIMESTAMP)) / 60.0 AS minutes)
WHERE item.signType = '2' AND minutes >= 0
GROUP BY ALL ORDER BY month
