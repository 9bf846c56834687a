-- title: 每月金额（元）
-- english: Amounts by month (yuan)
-- chart: bar
-- about: 复诊订单与购药订单的金额，按月；已退款的也计在内
-- says: Amounts of visits and of drugs, by month, refunded ones among them
SELECT month, round(sum(visits) / 100, 2) AS visits_yuan, round(sum(drugs) / 100, 2) AS drugs_yuan
FROM (SELECT month, amount AS visits, 0 AS drugs FROM "order" UNION ALL SELECT month, 0, amount FROM purchase)
GROUP BY ALL ORDER BY month
